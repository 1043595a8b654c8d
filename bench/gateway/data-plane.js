// What of a gateway serves requests, with a table of so many instances of services below `/teams`, all of which the upstream
// stands for: `node data-plane.js PORT UPSTREAM_PORT PREFIXES INSTANCES`.
import { Table, parseAnnouncement } from '@rollcall/protocol';
import { createInProcessDataPlane } from '../../packages/gateway/dist/data-plane/in-process.js';
import { openRequestObservers } from '../../packages/gateway/dist/data-plane/request-observers.js';
import { routingSettings } from '../../packages/gateway/dist/settings/config.js';
import { TrafficCounter } from '../../packages/gateway/dist/traffic/traffic-counter.js';

const [port = 0, upstream = 0, prefixes = 0, instances = 0] = process.argv.slice(2).map(Number);
const table = new Table({ probes: 'never' });
announce('/v1', '127.0.0.1');
for (let index = 0; index < instances; index++) {
  const prefix = prefixes === 1 ? '/teams' : `/teams/${index % prefixes}`;
  announce(prefix, `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`);
}
/** @type {import('../../packages/gateway/dist/data-plane/data-plane.js').DataPlaneSettings} */
const settings = {
  // Each instance is asked now and then, and its connection stays.
  routing: routingSettings({ limits: { instanceIdleMs: 600_000 } }),
  instanceCredentials: {},
  pseudonym: 'rollcall-bench',
  accessLog: { to: 'off', sample: 1, includeQuery: false },
  traces: false,
};
const plane = createInProcessDataPlane({
  table,
  settings,
  traffic: new TrafficCounter(table.all()),
  observers: await openRequestObservers(settings),
  onUnreachable: () => {},
  onServed: () => {},
  onEjected() {},
  onRequestError: () => {},
  onFilterFault: () => {},
});
await plane.listen({ port }, '127.0.0.1');

/** @param {string} prefix @param {string} address */
function announce(prefix, address) {
  const parsed = parseAnnouncement({ prefix, address, port: upstream });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  table.apply({ type: 'received', statement: { announcement: parsed.value, left: false } }, 0);
}
