import type { ReverseProxy } from '@rollcall/proxy';
import type { Router } from '../routing/router.ts';

/** What one process has to do at a moment. */
export interface ProcessLoad {
  /** Connections of clients. */
  readonly clients: number;
  /** Requests in flight to each instance that has any. */
  readonly inFlight: readonly (readonly [key: string, number])[];
  /** Connections to each instance, and those of them that nobody uses. */
  readonly pools: readonly (readonly [
    key: string,
    { readonly open: number; readonly idle: number },
  ])[];
}

export const NO_LOAD: ProcessLoad = { clients: 0, inFlight: [], pools: [] };

export function loadOf(engine: ReverseProxy, router: Router): ProcessLoad {
  return {
    clients: engine.clients,
    inFlight: [...router.inFlight()],
    pools: [...engine.pools()],
  };
}
