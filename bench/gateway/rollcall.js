// The gateway's data plane, with a table of two instances: `node rollcall.js PORT UPSTREAM_PORT SINK_PORT`. With
// TLS_CERT and TLS_KEY in the environment, paths of files, it speaks TLS.
import { readFileSync } from 'node:fs';
import { Table, parseAnnouncement } from '@rollcall/protocol';
import { createDataPlane } from '../../packages/gateway/dist/data-plane.js';

const [port = 0, ...instances] = process.argv.slice(2).map(Number);
const table = new Table({ probes: 'never' });
for (const [index, port] of instances.entries()) {
  const parsed = parseAnnouncement({ prefix: `/v${index + 1}`, port, address: '127.0.0.1' });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  table.apply({ type: 'heard', statement: { announcement: parsed.value, left: false } }, 0);
}
const { TLS_CERT = '', TLS_KEY = '' } = process.env;
const certificate = TLS_CERT && { cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) };
const plane = createDataPlane({
  table,
  settings: {
    domain: 'localhost',
    serving: {},
    trustedProxies: [],
    pseudonym: 'rollcall-bench',
    ...(certificate && { certificate }),
  },
  onUnreachable: () => {},
});
await plane.listen(port, '127.0.0.1');
