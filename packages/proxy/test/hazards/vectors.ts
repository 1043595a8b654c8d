import { createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';
import type { ProxyOptions, Upstream } from '../../src/proxy.ts';
import { afterwards, client, listen, start, to, upstream } from '../harness.ts';
import { MemorySocket } from './memory-socket.ts';

/** A request that reached an instance whole, as node:http reads it. */
export interface Reached {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
}

/** An instance that answers `ok` and remembers what reached it. */
export async function recording(): Promise<{ there: Upstream; reached: Reached[] }> {
  const reached: Reached[] = [];
  const there = await upstream(async (request, response) => {
    try {
      const body = await text(request);
      const { method, url, headers, trailers } = request;
      reached.push({ method, url, headers, body, trailers });
      response.end('ok');
    } catch {
      // Broken off: it has not reached us.
    }
  });
  return { there, reached };
}

interface Outcome {
  readonly heard: string;
  readonly reached: readonly Reached[];
}

/**
 * Sends these bytes on one connection, whole and cut in two at every place, and expects these statuses
 * each time; and then over a real socket.
 */
export async function atEveryCut(
  bytes: string,
  statuses: readonly number[],
  check: (outcome: Outcome) => void = () => {},
  { decide, ...options }: Partial<ProxyOptions> = {},
): Promise<void> {
  const { there, reached } = await recording();
  const { proxy, port } = await start(decide ?? to(there), options);
  for (let cut = 0; cut < bytes.length; cut++) {
    reached.length = 0;
    const socket = new MemorySocket();
    proxy.serve(socket);
    socket.say(bytes.slice(0, cut));
    // A turn of the event loop, in which a request that is whole can go out.
    if (cut > 0) await new Promise((resolve) => setImmediate(resolve));
    socket.say(bytes.slice(cut));
    expect(await socket.statuses(statuses.length), `cut at ${cut}`).toEqual(statuses);
    check({ heard: socket.heard, reached });
    socket.destroy();
  }
  reached.length = 0;
  const { write, heard } = client(port);
  write(bytes);
  const all = await heard(
    new RegExp(statuses.map((status) => `HTTP/1\\.1 ${status}[^]*?\\r\\n\\r\\n[^]*`).join('')),
  );
  check({ heard: all, reached });
}

/** Refused with this status, and nothing has reached an instance. */
export function refusedAtEveryCut(bytes: string, status: number): Promise<void> {
  return atEveryCut(bytes, [status], ({ heard, reached }) => {
    expect(reached).toEqual([]);
    expect(heard).toMatch(/^connection: close\r$/m);
    expect(heard).toMatch(/^content-type: application\/problem\+json\r$/m);
  });
}

/** An upstream that answers each of its requests with given pieces, each read alone. */
export async function speaking(
  answer: (count: number) => readonly string[],
): Promise<Upstream & { connections: () => number; closed: () => number }> {
  let count = 0;
  let connections = 0;
  let closed = 0;
  const server = createTcpServer({ noDelay: true }, (socket) => {
    connections++;
    socket.on('error', () => {});
    socket.on('close', () => closed++);
    afterwards(() => socket.destroy());
    socket.on('data', async () => {
      const pieces = answer(count++);
      for (const piece of pieces) {
        socket.write(piece, 'latin1');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (pieces.length > 0 && pieces.at(-1) === '') socket.end();
    });
  });
  return { ...(await listen(server)), connections: () => connections, closed: () => closed };
}

export { afterwards, client, start, to };
