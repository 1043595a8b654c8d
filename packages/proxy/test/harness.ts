import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSecureContext } from 'node:tls';
import { afterEach } from 'vitest';
import type { Decide, ReverseProxy, ProxyOptions, Upstream, UpstreamTls } from '../src/proxy.ts';
import { createProxy } from '../src/create-proxy.ts';
import { forwardBy } from './decisions.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Undone after the test, the last first. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** How connections to upstreams are secured whose certificates this authority has signed. */
export function trusting(ca: string | Buffer): UpstreamTls {
  return { secureContext: createSecureContext({ ca }) };
}

export async function listen(server: Server): Promise<Upstream> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { key: String(port), address: '127.0.0.1', port };
}

export function upstream(handler: RequestListener): Promise<Upstream> {
  return listen(createServer(handler));
}

/** An upstream that sends these bytes in answer to anything, and leaves the connection open. */
export function serverSending(bytes: string): Promise<Upstream> {
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

/** A port where nothing listens, and nothing will, because it is a client's end of a connection. */
export async function refusingPort(): Promise<Upstream> {
  const server = createTcpServer((socket) => afterwards(() => socket.destroy()));
  const { port: other } = await listen(server);
  const socket = connect(other, '127.0.0.1');
  afterwards(() => socket.destroy());
  await once(socket, 'connect');
  const { localPort: port = 0 } = socket;
  return { key: String(port), address: '127.0.0.1', port };
}

/** An upstream that has stopped, with as many connections waiting as the system keeps for it. */
export async function unconnectableServer(): Promise<Upstream> {
  const listens = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
    function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', listens], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterwards(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(String(line));
  for (let count = 0; count < 8; count++) client(port);
  return { key: 'deaf', address: '127.0.0.1', port };
}

export async function start(
  decide: Decide,
  options: Partial<ProxyOptions> = {},
): Promise<{ proxy: ReverseProxy; port: number }> {
  const proxy = createProxy({
    decide,
    onUnreachable: () => {},
    pseudonym: 'gateway',
    onInternalError(error) {
      throw error;
    },
    ...options,
  });
  const { port } = await proxy.listen(0, '127.0.0.1');
  afterwards(() => proxy.close(0));
  return { proxy, port };
}

export function to(...upstreams: Upstream[]): Decide {
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

export async function send(port: number, { body, ...options }: Sent = {}) {
  const request = httpRequest({ port, host: '127.0.0.1', agent: false, ...options });
  // One that comes after the head is the response's too.
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

/** A client that writes bytes and reads until it has seen what it waits for. */
export function client(port: number): {
  socket: Socket;
  write: (bytes: string) => void;
  heard: (wanted: RegExp) => Promise<string>;
  closed: Promise<unknown>;
  /** All that came until the connection was closed, and whether by a reset. */
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
