// Routing and the engine, with a table of two instances: `node rollcall.js PORT UPSTREAM_PORT SINK_PORT`. With
// TLS_CERT and TLS_KEY in the environment, paths of files, it listens for TLS.
import { readFileSync } from 'node:fs';
import { Table, parseAnnouncement } from '@rollcall/protocol';
import { createEngine } from '../../packages/gateway/dist/proxy/net-engine.js';
import { matchDomain } from '../../packages/gateway/dist/routing/domain.js';
import { Router } from '../../packages/gateway/dist/routing/router.js';

const [port = 0, ...instances] = process.argv.slice(2).map(Number);
const { TLS_CERT, TLS_KEY } = process.env;
const table = new Table({ probes: 'never' });
for (const [index, port] of instances.entries()) {
  const parsed = parseAnnouncement({ prefix: `/v${index + 1}`, port, address: '127.0.0.1' });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  table.apply({ type: 'heard', statement: { announcement: parsed.value, left: false } }, 0);
}
const router = new Router({
  table,
  isOurs: matchDomain('localhost'),
  balancing: { random: Math.random },
  now: () => performance.now(),
});
const isSecure = TLS_CERT !== undefined && TLS_KEY !== undefined;
const engine = createEngine({
  decide: router.decide,
  pseudonym: 'rollcall-bench',
  onUnreachable: () => {},
  ...(isSecure && { certificate: { cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) } }),
});
await engine.listen(port, '127.0.0.1');
