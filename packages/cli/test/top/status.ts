import type { StatusView } from '@rollcall/gateway';

/** The state of a gateway that has been connected for two hours. */
export function statusAt(now: number): StatusView {
  return {
    gateway: {
      name: 'g',
      url: 'http://127.0.0.1:1500',
      domain: 'x',
      server: 'broker:6001',
      channel: 'mapped-discovery',
      startedAt: now,
    },
    now,
    discovery: { state: 'connected', brokers: [], since: now - 7_200_000 },
    token: 'none',
    caller: { scopes: ['read'] },
    audit: 'kept',
    services: 1,
    instances: 3,
    certificates: [],
    peers: [],
  };
}
