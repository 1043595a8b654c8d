import type { Announcement, Directory, Instance } from '@rollcall/client';
import { instanceState } from '@rollcall/protocol';
import type { InstanceState, Journal, JournalEntry } from '@rollcall/protocol';
import { matchRoute } from '../routing/route.ts';

/** Times are milliseconds since 1970. */
export interface Explanation {
  readonly path: string;
  /** The prefix it is routed by; nothing if there is none. */
  readonly prefix?: string;
  /** In one sentence, where a request goes now, or why nowhere. */
  readonly verdict: string;
  readonly instances: readonly ExplainedInstance[];
  /** Those of the prefix that have left or were forgotten. */
  readonly gone: readonly { readonly key: string; readonly history: readonly JournalEntry[] }[];
  /** The gateway's own connection to the channel. */
  readonly link: readonly JournalEntry[];
  /** What was refused lately, of whatever prefix. */
  readonly refused: readonly { at: number; event: string; code: string; reason: string }[];
}

export interface ExplainedInstance {
  readonly key: string;
  readonly announcement: Announcement;
  readonly status: Instance['status'];
  readonly state: InstanceState;
  /** It is sent requests at this moment. */
  readonly isRoutable: boolean;
  /** An operator has this gateway send it nothing new. */
  readonly isDrained: boolean;
  readonly history: readonly JournalEntry[];
}

/**
 * Why a path is routed where it is, or nowhere: every message, probe and rule that led to it.
 *
 * @param epoch what to add to the journal's times to have them since 1970
 */
export function explain(
  path: string,
  directory: Pick<Directory, 'knows' | 'routable' | 'instances' | 'isConnected'>,
  journal: Journal,
  epoch: number,
): Explanation {
  const match = matchRoute(path, (prefix) => directory.knows(prefix));
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
    return { ...common, verdict, instances: [], gone: [] };
  }
  const { prefix } = match;
  const routable = directory.routable(prefix);
  const instances = directory.instances(prefix).map((instance) => ({
    key: instance.key,
    announcement: instance.announcement,
    status: instance.status,
    state: instanceState(instance),
    isRoutable: routable.some((each) => each.key === instance.key),
    isDrained: instance.isDrained === true,
    history: dated(journal.of(instance.key)),
  }));
  const gone = journal.gone(prefix).map((key) => ({ key, history: dated(journal.of(key)) }));
  const stale = directory.isConnected ? '' : '; the channel is lost, so this may be out of date';
  return {
    ...common,
    prefix,
    verdict: `${verdictOn(prefix, routable, instances.length)}${stale}`,
    instances,
    gone,
  };
}

function verdictOn(prefix: string, routable: readonly Instance[], total: number): string {
  const of = `${prefix || '/'}, ${routable.length} of ${total} instances in turn`;
  if (total === 0) return `nowhere (503): every instance of ${prefix || '/'} has gone`;
  if (routable.length === 0)
    return `nowhere (503): no instance of ${prefix || '/'} is well, of ${total}`;
  if (routable.every(({ status }) => status === 'suspect'))
    return `to ${of}: all in doubt, and none is known to be well`;
  return `to ${of}`;
}
