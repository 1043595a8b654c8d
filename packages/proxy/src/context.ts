import type { Clock } from './clock.ts';
import type { ProxyOptions } from './proxy.ts';
import type { Limits } from './limits.ts';
import type { Pools } from './upstream/pool.ts';
import type { RequestIds } from './exchange/request-ids.ts';

/** What all connections of one engine share. */
export interface Context extends Pick<
  ProxyOptions,
  'decide' | 'pseudonym' | 'onUnreachable' | 'onFilterError' | 'onRequestEnd' | 'onRequestStart'
> {
  readonly limits: Limits;
  /** See {@link EngineSettings.isTrustedProxy}. */
  isTrustedProxy: (address: string) => boolean;
  readonly clock: Clock;
  readonly pools: Pools;
  readonly requestIds: RequestIds;
  /** Whether the engine is closing: every answer is the last on its connection. */
  isClosing: boolean;
}
