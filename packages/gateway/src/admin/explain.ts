import type { Announcement, BrokerPresence, Directory, Instance } from '@rollcall/client';
import type { InstanceState, Journal, JournalEntry } from '@rollcall/protocol';
import type { EjectionView, InstanceStates } from '../traffic/instance-states.ts';
import type { FilterView } from '../filters/filters.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { VersionView } from '../rollout/version-state.ts';
import { brokerPresence } from './broker-presence.ts';
import type { DryOutcome, DryRequest, RouteView } from '../routing/dry-run.ts';

/** Times are milliseconds since 1970, and ISO 8601 in JSON. */
export interface Explanation {
  /** The path that is explained, with its query. */
  readonly path: string;
  /** The method of the request. */
  readonly method: string;
  /** Its Host. */
  readonly host: string;
  /** The key of the route, such as `/v1` or `api.example.com/v1 (case 2)`; absent if there is none. */
  readonly matched?: string;
  /** The prefix whose instances serve the route, or the name of its upstreams; absent if there is no route. */
  readonly prefix?: string;
  /** Where a request goes now, or why it gets an error: completes the sentence “the path goes …”. */
  readonly verdict: string;
  /** The status of the gateway's own response; absent if the request goes to an instance. */
  readonly status?: number;
  /** The code of that response, if it is a problem. */
  readonly code?: string;
  /** Path and query that the instance receives; absent if the request goes to none. */
  readonly target?: string;
  /** How the requests of the route are served; absent if it has none. */
  readonly route?: RouteView;
  /** The filters of the route, in the order in which requests pass them. */
  readonly filters: readonly FilterView[];
  /** The versions of the prefix, if there is or was a choice among several. */
  readonly versions: readonly VersionView[];
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
  /** The URL by which the configuration names it; absent if it announced itself. */
  readonly configuredAs?: string;
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
  /** What each of several brokers shows of its presence: see {@link brokerPresence}. */
  readonly brokers?: readonly BrokerPresence[];
  /** Messages, probes and rules in the order they came. */
  readonly history: readonly JournalEntry[];
}

export interface ExplainOptions {
  readonly directory: Pick<
    Directory,
    'knows' | 'routable' | 'instances' | 'isConnected' | 'presence'
  >;
  readonly states: Pick<InstanceStates, 'read'>;
  readonly rollouts?: Pick<Rollouts, 'of'> | undefined;
  readonly journal: Journal;
  /** What to add to the journal's times to have them since 1970. */
  readonly epoch: number;
}

/** Shows why a request is routed where it is, or nowhere, with every message, probe, filter and rule involved. */
export function explain(
  { target: path, method, host }: DryRequest,
  { matched, service: prefix, target, answer, route, filters }: DryOutcome,
  { directory, states, rollouts, journal, epoch }: ExplainOptions,
): Explanation {
  const dated = (history: readonly JournalEntry[]): JournalEntry[] =>
    history.map((each) => ({ ...each, at: each.at + epoch, last: each.last + epoch }));
  const read = states.read();
  const known = prefix === undefined ? [] : directory.instances(prefix);
  const instances = known.map((instance) => {
    const { key, announcement, configuredAs, status, isDrained = false } = instance;
    const { state, isRoutable, ejection } = read(instance);
    const seen = { state, isRoutable, isDrained, ...(ejection !== undefined && { ejection }) };
    const named = configuredAs === undefined ? {} : { configuredAs };
    const brokers = brokerPresence(directory, instance);
    const present = brokers === undefined ? {} : { brokers };
    const history = dated(journal.of(key));
    return { key, announcement, ...named, status, ...seen, ...present, history };
  });
  const gone = prefix === undefined ? [] : journal.gone(prefix);
  const stale =
    directory.isConnected || prefix === undefined
      ? ''
      : '; the gateway is not connected to the broker, so its table may be out of date';
  return {
    path,
    method,
    host,
    ...(matched !== undefined && { matched: matched || '/' }),
    ...(prefix !== undefined && { prefix }),
    verdict: `${answer === undefined ? destination(prefix, instances) : refusal(answer, prefix, instances)}${stale}`,
    ...(answer !== undefined && { status: answer.status }),
    ...(answer?.code !== undefined && { code: answer.code }),
    ...(target !== undefined && { target }),
    ...(route !== undefined && { route }),
    filters,
    versions: prefix === undefined ? [] : (rollouts?.of(prefix) ?? []),
    instances,
    gone: gone.map((key) => ({ key, history: dated(journal.of(key)) })),
    link: dated(journal.link),
    refused: journal.refused.map(({ at, event, refusal: refused }) => ({
      at: at + epoch,
      event,
      ...refused,
    })),
  };
}

type Routed = Pick<ExplainedInstance, 'isRoutable' | 'status'>;

/** The gateway answers itself. */
function refusal(
  { status, code, detail, filter, location }: NonNullable<DryOutcome['answer']>,
  prefix: string | undefined,
  instances: readonly Routed[],
): string {
  if (filter !== undefined && detail !== undefined)
    return `nowhere (${status}): the filter ${filter} refuses it: ${detail}`;
  if (filter !== undefined) {
    const to = location === undefined ? '' : ` with Location ${location}`;
    return `to the filter ${filter}, which answers ${status}${to}`;
  }
  if (code === 'unknown-route' && prefix === undefined)
    return 'nowhere (404): no service has registered a prefix of this path';
  if (code === 'unknown-route') return `nowhere (404): no service has registered ${prefix || '/'}`;
  if (code === 'no-instance' && instances.length === 0)
    return `nowhere (503): every instance of ${prefix || '/'} has left`;
  if (code === 'no-instance') return `nowhere (503): ${shareOf(prefix, instances)} receive traffic`;
  return `nowhere (${status}): ${detail ?? 'the gateway answers itself'}`;
}

function destination(prefix: string | undefined, instances: readonly Routed[]): string {
  const share = shareOf(prefix, instances);
  const routable = instances.filter(({ isRoutable }) => isRoutable);
  if (routable.every(({ status }) => status === 'suspect'))
    return `to ${share}: none is healthy, so suspect instances receive traffic`;
  return `to ${share}`;
}

function shareOf(prefix: string | undefined, instances: readonly Routed[]): string {
  const routable = instances.filter(({ isRoutable }) => isRoutable);
  return `${routable.length} of ${instances.length} instances of ${prefix || '/'}`;
}
