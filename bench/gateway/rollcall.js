// The gateway's data plane, with a table of two instances: `node rollcall.js PORT UPSTREAM_PORT SINK_PORT`. It counts
// requests, as the gateway does; `--uncounted` has none counted, `--access-log SHARE` writes so many down to standard
// output, and `--traces` makes a span of each, for the collector that OTEL_EXPORTER_OTLP_ENDPOINT names.
// With TLS_CERT and TLS_KEY in the environment, paths of files, it listens for TLS.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Table, parseAnnouncement } from '@rollcall/protocol';
import { createDataPlane } from '../../packages/gateway/dist/data-plane.js';
import { openInstruments } from '../../packages/gateway/dist/instruments.js';
import { servingSettings } from '../../packages/gateway/dist/settings/config.js';
import { TrafficCounter } from '../../packages/gateway/dist/traffic/traffic.js';

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
/** @type {import('../../packages/gateway/dist/data-plane.js').PlaneSettings} */
const settings = {
  serving: servingSettings({}),
  pseudonym: 'rollcall-bench',
  accessLog: {
    to: sample === undefined ? 'off' : 'stdout',
    sample: Number(sample ?? 1),
    includeQuery: false,
  },
  traces: values.traces,
  ...(isSecure && {
    certificate: { cert: readFileSync(TLS_CERT, 'utf8'), key: readFileSync(TLS_KEY, 'utf8') },
  }),
};
const traffic = new TrafficCounter(table.all());
// An engine that has nobody to tell notes nothing.
if (values.uncounted) Object.assign(traffic, { count: undefined });
const plane = createDataPlane({
  table,
  settings,
  traffic,
  instruments: await openInstruments(settings),
  onUnreachable: () => {},
});
await plane.listen(port, '127.0.0.1');
