// The gateway's data plane, with a table of two instances: `node rollcall.js PORT UPSTREAM_PORT SINK_PORT`. It counts
// requests, as the gateway does; `--uncounted` has none counted, `--access-log SHARE` writes so many down to standard
// output, and `--traces` makes a span of each, for the collector that OTEL_EXPORTER_OTLP_ENDPOINT names.
// With TLS_CERT and TLS_KEY in the environment, paths of files, it listens for TLS.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Table, parseAnnouncement } from '@rollcall/protocol';
import { createInProcessDataPlane } from '../../packages/gateway/dist/data-plane/in-process.js';
import { openRequestObservers } from '../../packages/gateway/dist/data-plane/request-observers.js';
import { routingSettings } from '../../packages/gateway/dist/settings/config.js';
import { TrafficCounter } from '../../packages/gateway/dist/traffic/traffic-counter.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    uncounted: { type: 'boolean', default: false },
    'access-log': { type: 'string' },
    traces: { type: 'boolean', default: false },
  },
});
const [port = 0, ...instances] = positionals.map(Number);
const table = new Table({ probes: 'never' });
for (const [index, port] of instances.entries()) {
  const parsed = parseAnnouncement({ prefix: `/v${index + 1}`, port, address: '127.0.0.1' });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  table.apply({ type: 'received', statement: { announcement: parsed.value, left: false } }, 0);
}
const sample = values['access-log'];
const { TLS_CERT, TLS_KEY } = process.env;
const isSecure = TLS_CERT !== undefined && TLS_KEY !== undefined;
/** @type {import('../../packages/gateway/dist/data-plane/data-plane.js').DataPlaneSettings} */
const settings = {
  // By HTTP/2, more than the default of 1024 are in flight to the one instance.
  routing: routingSettings({ balancing: { maxInFlight: 4096 } }),
  instanceCredentials: {},
  pseudonym: 'rollcall-bench',
  accessLog: {
    to: sample === undefined ? 'off' : 'stdout',
    sample: Number(sample ?? 1),
    includeQuery: false,
  },
  traces: values.traces,
  ...(isSecure && {
    tls: {
      certificate: { cert: readFileSync(TLS_CERT, 'utf8'), key: readFileSync(TLS_KEY, 'utf8') },
    },
  }),
};
const traffic = new TrafficCounter(table.all());
// A proxy without an observer records nothing.
if (values.uncounted) Object.assign(traffic, { countRequest: undefined });
const plane = createInProcessDataPlane({
  table,
  settings,
  traffic,
  observers: await openRequestObservers(settings),
  onUnreachable: () => {},
  onServed: () => {},
  onEjected() {},
  onRequestError: () => {},
  onFilterFault: () => {},
});
await plane.listen({ port }, '127.0.0.1');
