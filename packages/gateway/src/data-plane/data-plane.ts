import type { Change } from '@rollcall/client';
import type { TlsSettings } from '@rollcall/proxy';
import type { InstanceCredentials } from '@rollcall/runtime';
import type { Evidence } from '../rollout/evidence.ts';
import type { Split } from '../rollout/split.ts';
import type { AccessLogSettings, RoutingSettings } from '../settings/config.ts';
import type { ProcessLoad } from '../traffic/process-load.ts';
import type { PlainHttpSettings } from './plain-http.ts';

/** The settings of a data plane: plain data, because workers receive them as a message. */
export interface DataPlaneSettings {
  readonly routing: RoutingSettings;
  /** With it, the port speaks TLS only. */
  readonly tls?: TlsSettings;
  /** What the port without TLS does, if there is one besides. */
  readonly plainHttp?: PlainHttpSettings;
  /** What connections to instances trust and show. */
  readonly instanceCredentials: InstanceCredentials;
  /** Where gateways share rate limits. Default: they do not. */
  readonly redisUrl?: string;
  /** The name of this gateway in `Via`. */
  readonly pseudonym: string;
  readonly accessLog: AccessLogSettings;
  /** Whether each request is exported as a span to an OpenTelemetry collector. */
  readonly traces: boolean;
}

/** The ports of clients. 0 lets the system choose. */
export interface Ports {
  readonly port: number;
  /** Without TLS, besides one with it. */
  readonly httpPort?: number | undefined;
}

/** Where a data plane listens. */
export interface ListenAddresses extends Ports {
  readonly host: string;
}

/** Serves the requests of clients by a table that others keep. It knows nothing of the registry. */
export interface DataPlane {
  /** @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN */
  listen(ports: Ports, host: string): Promise<ListenAddresses>;
  /** Takes in a change of the table. */
  apply(change: Change): void;
  /** A prefix without instances is not known any more: its requests receive 404. */
  forgetPrefix(prefix: string): void;
  /** The table was received from the registry. Until then, a request for an unknown route receives 503, not 404. */
  tableCompleted(): void;
  /** Shares the requests of a service among versions from now on; undefined ends that. */
  split(service: string, split: Split | undefined): void;
  /** Returns what requests have shown of versions since the last time. */
  takeEvidence(): readonly Evidence[];
  /** Calls back once requests are served by every change and all settings so far; in the order of the calls. */
  whenApplied(call: () => void): void;
  /** Returns the load of each process that serves requests. */
  loads(): readonly ProcessLoad[];
  /**
   * Serves requests by these settings from now on. Certificates can change, but not whether there are any.
   * @throws RollcallError ROLLCALL_CONFIG; the previous settings then stay
   */
  configure(settings: DataPlaneSettings): void;
  /** Accepts no more requests and gives those in flight {@link CLOSE_GRACE_MS} to finish. */
  close(): Promise<void>;
}

/** Instances that answered real traffic, and when: milliseconds of the process's clock. */
export type Served = readonly (readonly [key: string, at: number])[];

/** What went wrong at a request, in a filter or in the gateway itself. */
export interface RequestError {
  /** The name of the filter; `''` if it is not known which of the route's it was. Undefined if it was the gateway. */
  readonly filter?: string | undefined;
  readonly reason: string;
  readonly requestId: string;
}

/** Below the 10 s after which Docker kills. */
export const CLOSE_GRACE_MS: number = 8000;
