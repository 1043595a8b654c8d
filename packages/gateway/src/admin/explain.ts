import type { Announcement, Directory, Instance } from '@rollcall/client';
import type { InstanceState, Journal, JournalEntry } from '@rollcall/protocol';
import type { EjectionView, InstanceStates } from '../traffic/instance-states.ts';
import type { FilterView } from '../filters/filters.ts';
import { matchRoute } from '../routing/route.ts';
import type { ConfiguredRoutes } from '../routing/rules.ts';

/** Times are milliseconds since 1970. */
export interface Explanation {
  /** The path that is explained. */
  readonly path: string;
  /** The prefix that the path is routed by; absent if there is none. */
  readonly prefix?: string;
  /** Where a request goes now, or why it gets an error: completes the sentence “the path goes …”. */
  readonly verdict: string;
  /** The filters of the route, in the order in which requests pass them. */
  readonly filters: readonly FilterView[];
  /** The instances of the prefix. */
  readonly instances: readonly ExplainedInstance[];
  /** Instances of the prefix that left or were forgotten. */
  readonly gone: readonly { readonly key: string; readonly history: readonly JournalEntry[] }[];
  /** The gateway's own connection to the channel. */
  readonly link: readonly JournalEntry[];
  /** The latest refused messages, of any prefix. */
  readonly refused: readonly { at: number; event: string; code: string; reason: string }[];
}

/** An instance with everything that happened to it. */
export interface ExplainedInstance {
  /** Its id; of an instance without one, prefix, address and port. */
  readonly key: string;
  /** What it announced. */
  readonly announcement: Announcement;
  /** Its status in this gateway's table. */
  readonly status: Instance['status'];
  /** Its state as people see it. */
  readonly state: InstanceState;
  /** It receives traffic at this moment. */
  readonly isRoutable: boolean;
  /** An operator drained it at this gateway. */
  readonly isDrained: boolean;
  /** Absent if it is not ejected. */
  readonly ejection?: EjectionView;
  /** Messages, probes and rules in the order they came. */
  readonly history: readonly JournalEntry[];
}

export interface ExplainOptions {
  readonly directory: Pick<Directory, 'knows' | 'routable' | 'instances' | 'isConnected'>;
  readonly states: Pick<InstanceStates, 'read'>;
  readonly journal: Journal;
  readonly routes: ConfiguredRoutes;
  /** What to add to the journal's times to have them since 1970. */
  readonly epoch: number;
}

/** Shows why a path is routed where it is, or nowhere, with every message, probe, filter and rule involved. */
export function explain(
  path: string,
  { directory, states, journal, routes, epoch }: ExplainOptions,
): Explanation {
  const match = matchRoute(path, (prefix) => directory.knows(prefix) || routes.hasRoute(prefix));
  const dated = (history: readonly JournalEntry[]): JournalEntry[] =>
    history.map((each) => ({ ...each, at: each.at + epoch, last: each.last + epoch }));
  const common = {
    path,
    link: dated(journal.link),
    refused: journal.refused.map(({ at, event, refusal }) => ({
      at: at + epoch,
      event,
      ...refusal,
    })),
  };
  if (match === undefined) {
    const verdict = 'nowhere (404): no service has registered a prefix of this path';
    return { ...common, verdict, filters: [], instances: [], gone: [] };
  }
  const { prefix } = match;
  const read = states.read();
  const routable = directory.routable(prefix).filter((each) => read(each).isRoutable);
  const instances = directory.instances(prefix).map((instance) => {
    const { state, isRoutable, ejection } = read(instance);
    return {
      key: instance.key,
      announcement: instance.announcement,
      status: instance.status,
      state,
      isRoutable,
      isDrained: instance.isDrained === true,
      ...(ejection !== undefined && { ejection }),
      history: dated(journal.of(instance.key)),
    };
  });
  const gone = journal.gone(prefix).map((key) => ({ key, history: dated(journal.of(key)) }));
  const stale = directory.isConnected
    ? ''
    : '; the gateway is not connected to the broker, so its table may be out of date';
  const verdict = directory.knows(prefix)
    ? verdictOn(prefix, routable, instances.length)
    : `nowhere (404) unless a filter answers: no service has registered ${prefix}`;
  return {
    ...common,
    prefix,
    verdict: `${verdict}${stale}`,
    filters: routes.filtersOf(prefix),
    instances,
    gone,
  };
}

function verdictOn(prefix: string, routable: readonly Instance[], total: number): string {
  const name = prefix || '/';
  if (total === 0) return `nowhere (503): every instance of ${name} has left`;
  const share = `${routable.length} of ${total} instances of ${name}`;
  if (routable.length === 0) return `nowhere (503): ${share} receive traffic`;
  if (routable.every(({ status }) => status === 'suspect'))
    return `to ${share}: none is healthy, so suspect instances receive traffic`;
  return `to ${share}`;
}
