import type { Clock } from './clock.ts';
import type { Underscores } from './http1/underscores.ts';
import type { Mirrors } from './mirror/mirrors.ts';
import type { ProxyOptions } from './proxy.ts';
import type { Limits } from './limits.ts';
import type { Pools } from './upstream/pools.ts';
import type { RequestIds } from './exchange/request-ids.ts';

/** What all connections of one proxy share. */
export interface Context extends Pick<
  ProxyOptions,
  'decide' | 'onUnreachable' | 'onFilterError' | 'onRequestEnd' | 'onRequestStart'
> {
  /** See {@link ProxyOptions.onInternalError}. */
  readonly onInternalError: (error: Error, requestId: string) => void;
  readonly pseudonym: string;
  /** What Via gets: the pseudonym, or `''` if none is added. */
  via: string;
  readonly underscores: Underscores;
  readonly limits: Limits;
  /** See {@link ProxySettings.isTrustedProxy}. */
  isTrustedProxy: (address: string) => boolean;
  readonly clock: Clock;
  readonly pools: Pools;
  readonly mirrors: Mirrors;
  readonly requestIds: RequestIds;
  /** Requests by HTTP/2 that are open, on all connections. Each may need a connection to an upstream. */
  readonly http2Streams: { open: number; readonly max: number };
  /** Called when a connection is closed because of what its client has sent by HTTP/2. */
  readonly onFaultyClient: () => void;
  /** Whether the proxy is closing: every response is the last on its connection. */
  isClosing: boolean;
}
