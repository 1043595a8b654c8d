// The gateway's routing and engine, with one instance in the table. Prints `listening`.
import { Table, parseAnnouncement } from '../../packages/protocol/dist/index.js';
import { createEngine } from '../../packages/gateway/dist/proxy/net-engine.js';
import { matchDomain } from '../../packages/gateway/dist/routing/domain.js';
import { Router } from '../../packages/gateway/dist/routing/router.js';

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const table = new Table({ probes: 'never' });
const parsed = parseAnnouncement({ prefix: '/v1', port: upstreamPort, address: '127.0.0.1' });
if (!parsed.ok) throw new Error(parsed.refusal.reason);
table.apply({ type: 'heard', statement: { announcement: parsed.value, left: false } }, 0);
const router = new Router({
  table,
  isOurs: matchDomain('localhost'),
  balancing: { random: Math.random },
  now: () => performance.now(),
});
const engine = createEngine({
  decide: router.decide,
  pseudonym: 'rollcall-bench',
  onUnreachable: () => {},
});
await engine.listen(port ?? 0, '127.0.0.1');
console.log('listening');
