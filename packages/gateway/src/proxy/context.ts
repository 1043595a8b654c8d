import type { AddressRanges } from '@rollcall/protocol';
import type { Clock } from './clock.ts';
import type { EngineOptions } from './engine.ts';
import type { Limits } from './limits.ts';
import type { Pools } from './pool.ts';
import type { RequestIds } from './request-ids.ts';

/** What all connections of one engine share. */
export interface Context extends Pick<
  EngineOptions,
  'decide' | 'pseudonym' | 'onUnreachable' | 'onExchanged' | 'onBegun'
> {
  readonly limits: Limits;
  /** Whose word about where a request comes from counts. */
  isTrusted: AddressRanges;
  readonly clock: Clock;
  readonly pools: Pools;
  readonly requestIds: RequestIds;
  /** Whether the engine is closing: every answer is the last on its connection. */
  isClosing: boolean;
}
