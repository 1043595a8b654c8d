import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import type * as Proxy from '@rollcall/proxy';
import { silentLogger } from '@rollcall/runtime';
import { serveApp } from '../src/serve-app.ts';
import { createDnsServer } from '../src/catalog/dns/server.ts';
import { createXdsServer } from '../src/catalog/xds/server.ts';
import { setup } from './admin/setup.ts';
import { catalogOf, LiveTable } from './catalog/live-table.ts';

// Each of the ports then has 8 connections.
vi.mock('@rollcall/proxy', async (importOriginal) => ({
  ...(await importOriginal<typeof Proxy>()),
  maxClientConnections: () => 128,
}));

const at = { host: '127.0.0.1', port: 0 };
const catalog = catalogOf(new LiveTable(), () => 1000);

interface Port {
  readonly port: number;
  close(): void;
}

const sockets: Socket[] = [];
let server: Port;
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

/** Opens ten connections from a client's address. Returns those that are still open. */
async function openTen(localAddress: string): Promise<ReadonlySet<Socket>> {
  const open = new Set<Socket>();
  const connected = Array.from({ length: 10 }, () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress }).resume();
    sockets.push(socket);
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    return once(socket, 'connect');
  });
  await Promise.all(connected);
  return open;
}

it.each<[string, () => Promise<Port>]>([
  [
    'admin',
    () => serveApp({ app: setup().app, host: at.host, port: at.port, setting: '--admin-port' }),
  ],
  ['DNS', () => createDnsServer({ ...at, catalog, domain: 'a', ttl: 1, random: Math.random })],
  ['xDS', () => createXdsServer({ ...at, catalog, logger: silentLogger })],
])('one client cannot take all connections of the %s port', async (_name, start) => {
  server = await start();
  const first = await openTen('127.0.0.2');
  await expect.poll(() => first.size).toBe(6);
  const second = await openTen('127.0.0.3');
  await expect.poll(() => second.size).toBe(2);
  expect(first.size).toBe(6);
});
