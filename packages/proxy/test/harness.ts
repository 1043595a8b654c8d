import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import type { Decide, ReverseProxy, ProxyOptions, Upstream } from '../src/proxy.ts';
import { createProxy } from '../src/create-proxy.ts';
import { forwardBy } from './decisions.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Runs a cleanup after the test, in reverse order. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export async function listen(server: Server): Promise<Upstream> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { key: String(port), address: '127.0.0.1', port };
}

export function httpServer(handler: RequestListener): Promise<Upstream> {
  return listen(createServer(handler));
}

/** An upstream that answers any data with these bytes, and keeps the connection open. */
export function rawServer(bytes: string): Promise<Upstream> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(bytes));
    afterwards(() => socket.destroy());
  });
  return listen(server);
}

/** An upstream that takes requests and never responds. */
export function unresponsiveServer(): Promise<Upstream> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}).resume();
    afterwards(() => socket.destroy());
  });
  return listen(server);
}

/** An upstream whose port refuses connections. It stays closed, because a client's socket occupies it. */
export async function refusingUpstream(): Promise<Upstream> {
  const server = createTcpServer((socket) => afterwards(() => socket.destroy()));
  const { port: other } = await listen(server);
  const socket = connect(other, '127.0.0.1');
  afterwards(() => socket.destroy());
  await once(socket, 'connect');
  const { localPort: port = 0 } = socket;
  return { key: String(port), address: '127.0.0.1', port };
}

/** An upstream that accepts no connection, because it is suspended and its backlog is full. */
export async function fullBacklogServer(): Promise<Upstream> {
  const listens = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
    function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', listens], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterwards(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(String(line));
  for (let count = 0; count < 8; count++) rawClient(port);
  return { key: 'deaf', address: '127.0.0.1', port };
}

export async function startProxy(
  decide: Decide,
  options: Partial<ProxyOptions> = {},
): Promise<{ engine: ReverseProxy; port: number }> {
  const engine = createProxy({
    decide,
    onUnreachable: () => {},
    pseudonym: 'gateway',
    ...options,
  });
  const { port } = await engine.listen(0, '127.0.0.1');
  afterwards(() => engine.close(0));
  return { engine, port };
}

export function forwardToEach(...upstreams: Upstream[]): Decide {
  return ({ target }) => {
    const left = [...upstreams];
    return forwardBy(() => left.shift(), target);
  };
}

interface Sent {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

export async function sendRequest(port: number, { body, ...options }: Sent = {}) {
  const request = httpRequest({ port, host: '127.0.0.1', agent: false, ...options });
  // An error after the head is also emitted by the response.
  request.on('error', () => {});
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode,
    reason: response.statusMessage,
    headers: response.headers,
    body: await text(response),
  };
}

/** A TCP client that writes bytes, and reads until a pattern matches. */
export function rawClient(port: number): {
  socket: Socket;
  write: (bytes: string) => void;
  heard: (wanted: RegExp) => Promise<string>;
  closed: Promise<unknown>;
  /** All bytes until the connection closed, and whether it was reset. */
  all: Promise<string>;
} {
  const socket = connect(port, '127.0.0.1');
  afterwards(() => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let heardSoFar = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (heardSoFar += chunk));
  socket.on('error', () => (heardSoFar += 'closed by a reset'));
  const all = closed.then(() => heardSoFar);
  async function heard(wanted: RegExp): Promise<string> {
    while (!wanted.test(heardSoFar)) {
      if (socket.destroyed) throw new Error(`closed after ${JSON.stringify(heardSoFar)}`);
      await Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed]);
    }
    return heardSoFar;
  }
  return { socket, write: (bytes) => socket.write(bytes, 'latin1'), heard, closed, all };
}
