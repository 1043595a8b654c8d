import type { Announcement, Change, Instance, Status, Verdict } from '@rollcall/client';
import { encodeAnnouncement, isRecord, parseAnnouncement, parsePort } from '@rollcall/protocol';
import type { Ejection } from '../balancing/balancer.ts';
import type { InstanceOutcome } from '../data-plane/instance-outcome.ts';
import type { DataPlaneSettings, Ports, RequestError, Served } from '../data-plane/data-plane.ts';
import type { SpentLimits } from '../filters/limits/local-limits.ts';
import { PROBLEMS } from '../problem.ts';
import type { ProblemCode } from '../problem.ts';
import type { Arm, Evidence } from '../rollout/evidence.ts';
import { isLatencies } from '../rollout/latencies.ts';
import type { Split, VersionGroup } from '../rollout/split.ts';
import { isCounts } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { ProcessLoad } from '../traffic/process-load.ts';
import type { ProcessSample } from '../traffic/process-sample.ts';
import type { ProcessReport } from '../traffic/process-report.ts';
import type { TrafficDelta } from '../traffic/traffic-counter.ts';
import {
  boolean,
  list,
  messages,
  monotonicTime,
  number,
  object,
  oneOf,
  optional,
  pair,
  plain,
  text,
  trusted,
} from './codec.ts';
import type { Codec } from './codec.ts';
import type { TableState } from './replica.ts';

/** What the primary process sends to a worker. */
export type ToWorker =
  /** The first message: the settings, the whole table, and where to listen. */
  | {
      readonly type: 'begin';
      readonly settings: DataPlaneSettings;
      readonly table: TableState;
      readonly splits: readonly (readonly [service: string, Split])[];
      readonly isTableComplete: boolean;
      readonly host: string;
      readonly ports: Ports;
    }
  /** A change of the table. Changes are numbered without gaps. */
  | { readonly type: 'change'; readonly number: number; readonly change: Change }
  /** A prefix without instances is not known any more. */
  | { readonly type: 'prefix-forgotten'; readonly prefix: string }
  /** Share the requests of a service among versions from now on; undefined ends that. */
  | { readonly type: 'split'; readonly service: string; readonly split: Split | undefined }
  /** The table was received from the registry. */
  | { readonly type: 'table-completed' }
  /** Another worker has allowed these requests. */
  | { readonly type: 'limits-spent'; readonly spent: SpentLimits }
  /** Serve by these settings from now on. It is numbered as one of the changes. */
  | { readonly type: 'configure'; readonly number: number; readonly settings: DataPlaneSettings }
  /** Accept no more requests, finish those in flight, and end. */
  | { readonly type: 'close' };

/** What a worker sends to the primary process. */
export type FromWorker =
  /** The process runs and waits for `begin`. */
  | { readonly type: 'hello' }
  | { readonly type: 'listening' }
  /** Every request from now on is routed with the change of this number applied. */
  | { readonly type: 'applied'; readonly number: number }
  | ({ readonly type: 'report' } & ProcessReport)
  | ({ readonly type: 'request-error' } & RequestError)
  /** A service that a filter depends on does not work. */
  | { readonly type: 'filter-fault'; readonly filter: string; readonly reason: string }
  /** Requests that rate limits have allowed, for the other workers. */
  | { readonly type: 'limits-spent'; readonly spent: SpentLimits }
  /** Which instances answered requests, and when. */
  | { readonly type: 'served'; readonly served: Served }
  /** What real traffic showed of an instance: it counts as a probe. */
  | ({ readonly type: 'outcome' } & InstanceOutcome);

const named = plain(
  (input): input is { readonly prefix: string } =>
    isRecord(input) && typeof input['prefix'] === 'string',
);

const announcement: Codec<Announcement> = {
  encode: encodeAnnouncement,
  decode(input) {
    // The prefix of configured upstreams is a name that no instance can announce.
    const { prefix, ...fields } = named.decode(input, 0);
    const parsed = parseAnnouncement({ ...fields, prefix: '' });
    if (!parsed.ok) throw new Error(parsed.refusal.reason);
    return { ...parsed.value, prefix };
  },
};

const instance = object<Instance>({
  key: text,
  announcement,
  status: oneOf<Status>({ healthy: true, suspect: true, down: true }),
  since: monotonicTime,
  isDrained: optional(boolean),
  configuredAs: optional(text),
});

const change = object<Change>({
  type: oneOf<Change['type']>({
    registered: true,
    updated: true,
    left: true,
    suspected: true,
    down: true,
    recovered: true,
    forgotten: true,
  }),
  instance,
  why: text,
  was: optional(announcement),
});

const settings = trusted<DataPlaneSettings>();
const port: Codec<number> = plain((input): input is number => parsePort(input).ok);

const split = object<Split>({
  epoch: number,
  groups: list(object<VersionGroup>({ versions: list(text), share: number })),
});
const spent: Codec<SpentLimits> = list(pair(text, pair(number, number)));

export const TO_WORKER: Codec<ToWorker> = messages<ToWorker>({
  begin: {
    settings,
    table: object<TableState>({ prefixes: list(text), instances: list(instance) }),
    splits: list(pair(text, split)),
    isTableComplete: boolean,
    host: text,
    ports: object<Ports>({ port, httpPort: optional(port) }),
  },
  change: { number, change },
  'prefix-forgotten': { prefix: text },
  split: { service: text, split: optional(split) },
  'table-completed': {},
  'limits-spent': { spent },
  configure: { number, settings },
  close: {},
});

const counts: Codec<Counts> = plain(isCounts);

const byRoute = list(pair(optional(text), number));

const traffic = object<TrafficDelta>({
  routes: list(pair(optional(text), counts)),
  instances: list(pair(text, counts)),
  problems: list(pair(oneOf<ProblemCode>(PROBLEMS), number)),
  filters: list(pair(text, byRoute)),
  droppedFields: number,
  versions: list(pair(text, number)),
  grpc: list(pair(number, byRoute)),
  copies: list(pair(text, byRoute)),
  droppedCopies: list(pair(text, byRoute)),
});

/** Of a worker of ours: what it holds is not looked at. */
function isMap(input: unknown): input is Arm['instances'] {
  return input instanceof Map;
}

const evidence = object<Evidence>({
  service: text,
  epoch: number,
  arms: list(
    object<Arm>({
      requests: number,
      failures: number,
      failedKeys: list(number),
      instances: plain(isMap),
      latencies: plain(isLatencies),
    }),
  ),
});

const load = object<ProcessLoad>({
  clients: number,
  shedClients: number,
  heavyClients: number,
  faultyClients: number,
  inFlight: list(pair(text, number)),
  pools: list(pair(text, object({ open: number, idle: number }))),
  ejections: list(
    object<Ejection>({ key: text, until: monotonicTime, why: text, isIgnored: boolean }),
  ),
});

const process = object<ProcessSample>({
  residentBytes: number,
  cpuSeconds: number,
  delaySeconds: number,
});

export const FROM_WORKER: Codec<FromWorker> = messages<FromWorker>({
  hello: {},
  listening: {},
  applied: { number },
  report: { traffic, evidence: list(evidence), load, process },
  'request-error': { filter: optional(text), reason: text, requestId: text },
  'limits-spent': { spent },
  'filter-fault': { filter: text, reason: text },
  served: { served: list(pair(text, monotonicTime)) },
  outcome: {
    key: text,
    verdict: oneOf<Verdict>({
      ok: true,
      refused: true,
      timeout: true,
      unreachable: true,
      unidentified: true,
      failed: true,
      unknown: true,
    }),
    reason: optional(text),
  },
});
