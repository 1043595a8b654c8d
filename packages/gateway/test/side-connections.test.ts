import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import type * as Proxy from '@rollcall/proxy';
import { silentLogger } from '@rollcall/runtime';
import { serveAdmin } from '../src/admin/server.ts';
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

/** Connects from a client's address. Returns whether the connection stays open. */
async function isServed(localAddress: string): Promise<boolean> {
  const socket = connect({ port: server.port, host: '127.0.0.1', localAddress }).resume();
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const closed = once(socket, 'close').then(() => false);
  return Promise.race([closed, new Promise<true>((resolve) => setTimeout(resolve, 200, true))]);
}

async function countServed(localAddress: string): Promise<number> {
  const served = await Promise.all(Array.from({ length: 10 }, () => isServed(localAddress)));
  return served.filter(Boolean).length;
}

it.each<[string, () => Promise<Port>]>([
  ['admin', () => serveAdmin(setup().app, at.host, at.port)],
  ['DNS', () => createDnsServer({ ...at, catalog, domain: 'a', ttl: 1, random: Math.random })],
  ['xDS', () => createXdsServer({ ...at, catalog, logger: silentLogger })],
])('one client cannot take all connections of the %s port', async (_name, start) => {
  server = await start();
  expect(await countServed('127.0.0.2')).toBe(6);
  expect(await countServed('127.0.0.3')).toBe(2);
});
