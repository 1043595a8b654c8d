import type { ReverseProxy } from '@rollcall/proxy';
import type { Ejection } from '../balancing/balancer.ts';
import type { Router } from '../routing/router.ts';

/** The load of one process at this moment. */
export interface ProcessLoad {
  /** Open connections of clients. */
  readonly clients: number;
  /** Connections of clients that were closed since the process began, because too many were open. */
  readonly shedClients: number;
  /** Connections of clients that were reset since the process began, because too much memory was held for all. */
  readonly heavyClients: number;
  /** Connections of clients that were closed since the process began, because of what they have sent by HTTP/2. */
  readonly faultyClients: number;
  /** Requests in flight to each instance that has any. */
  readonly inFlight: readonly (readonly [key: string, number])[];
  /** Connections to each instance, and how many of them are idle. */
  readonly pools: readonly (readonly [
    key: string,
    { readonly open: number; readonly idle: number },
  ])[];
  /** The instances that this process has ejected. */
  readonly ejections: readonly Ejection[];
}

export const NO_LOAD: ProcessLoad = {
  clients: 0,
  shedClients: 0,
  heavyClients: 0,
  faultyClients: 0,
  inFlight: [],
  pools: [],
  ejections: [],
};

/** What is asked of every instance is measured when it is read: of a large table, each takes milliseconds. */
export function measureLoad(engine: ReverseProxy, router: Router): ProcessLoad {
  return {
    clients: engine.clients,
    shedClients: engine.shedClients,
    heavyClients: engine.heavyClients,
    faultyClients: engine.faultyClients,
    get inFlight() {
      return [...router.inFlight()];
    },
    get pools() {
      return [...engine.pools()];
    },
    get ejections() {
      return router.ejections();
    },
  };
}
