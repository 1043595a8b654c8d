import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { ConnectionLimiter, LIMITS } from '@rollcall/proxy';
import { silentLogger } from '@rollcall/runtime';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { serveApp } from '../../packages/gateway/src/serve-app.ts';
import { createDnsServer } from '../../packages/gateway/src/catalog/dns/server.ts';
import { createXdsServer } from '../../packages/gateway/src/catalog/xds/server.ts';
import { setup } from '../../packages/gateway/test/admin/setup.ts';
import { catalogOf, LiveTable } from '../../packages/gateway/test/catalog/live-table.ts';
import { ROOT } from '../support/document.ts';

const ports = vi.hoisted(() => ({ max: 0 }));
vi.mock('../../packages/gateway/src/side-connections.ts', () => ({
  limitSideConnections: (_server: unknown, max: number) => {
    ports.max = max;
  },
}));

const TABLE = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

/** The cells of a port in the table of limits: connections, of one client, without a request, unread output. */
function limitsOf(port: string): string[] {
  const row = TABLE.split('\n').find((line) => line.startsWith(`| ${port} |`));
  if (row === undefined) throw new Error(`the table has no row ${port}`);
  return row
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

/** How many connections of one client a port admits that has so many in all. */
function admittedOfOne(maxConnections: number): number {
  const limiter = new ConnectionLimiter({ maxConnections });
  const socket = { remoteAddress: '192.0.2.1', destroy() {}, on() {} };
  return Array.from({ length: maxConnections }, () => limiter.admit(socket)).filter(Boolean).length;
}

const at = { host: '127.0.0.1', port: 0 };
const catalog = catalogOf(new LiveTable(), () => 1000);

it.each<[string, () => Promise<{ close(): unknown }>]>([
  [
    'of the admin API',
    () => serveApp({ app: setup().app, host: at.host, port: at.port, setting: '--admin-port' }),
  ],
  [
    'of DNS, over TCP',
    () => createDnsServer({ ...at, catalog, domain: 'a', ttl: 1, random: Math.random }),
  ],
  ['of xDS', () => createXdsServer({ ...at, catalog, logger: silentLogger })],
])('the connections of the port %s are as documented', async (port, start) => {
  const server = await start();
  server.close();
  expect(limitsOf(port).slice(0, 2)).toEqual([String(ports.max), String(admittedOfOne(ports.max))]);
});

it('the limits of the port of the gateway are the defaults of its settings', () => {
  const [connections, ofOne, silent, unread] = limitsOf('of the gateway');
  expect(LIMITS.connections).toBe(Infinity);
  expect(connections).toContain('`limits.connections`');
  expect(ofOne).toBe(
    `${LIMITS.connectionsPerAddress}, \`limits.connectionsPerAddress\`; ${LIMITS.streams} requests at a time on a connection by HTTP/2, \`limits.streams\``,
  );
  expect(silent).toBe(
    `${LIMITS.headMs / 1000} s for a head, \`limits.headMs\`; ${LIMITS.idleMs / 1000} s between two, \`limits.idleMs\``,
  );
  expect(unread).toBe(`${LIMITS.heldBytes / 2 ** 20} MiB in all, \`limits.heldBytes\``);
});

it('what a WebSocket of the broker may leave unread is the default of its setting', () => {
  const [, ofOne, , unread] = limitsOf('of the broker');
  expect(BROKER_SETTINGS).toHaveProperty('connectionsPerAddress');
  expect(ofOne).toContain('`connectionsPerAddress`');
  const mebibytes = BROKER_SETTINGS.maxUnreadBytes.default / 2 ** 20;
  expect(unread).toMatch(new RegExp(`^${mebibytes} MiB for each WebSocket, \`maxUnreadBytes\`;`));
});

it('the port of the metrics of the broker admits three quarters from one client', () => {
  const [connections, ofOne] = limitsOf("of the broker's metrics");
  expect(ofOne).toBe(String(admittedOfOne(Number(connections))));
});
