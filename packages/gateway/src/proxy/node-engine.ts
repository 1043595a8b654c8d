import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { problemResponse } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Decision, Engine, EngineOptions, Upstream } from './engine.ts';
import { Exchange, hasBody } from './exchange.ts';
import { listenOn } from './listen.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** The engine on `node:http` for clients and undici for instances. */
export function createNodeEngine({ decide, onUnreachable }: EngineOptions): Engine {
  const pools = new Map<string, Pool>();
  const server = createServer((request, response) => {
    const decision = decide(request.headers.host ?? '', request.url ?? '');
    if (decision.type === 'answer') answer(response, decision.problem);
    else forward(request, response, decision);
  });

  function forward(
    request: IncomingMessage,
    response: ServerResponse,
    decision: Extract<Decision, { type: 'forward' }>,
  ): void {
    const exchange = new Exchange(request, response, decision, {
      poolOf,
      onUnreachable,
      fail: (problem) => answer(response, problem),
    });
    exchange.start();
  }

  function poolOf(upstream: Upstream): Pool {
    const origin = originOf(upstream);
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, { pipelining: 1, connect: { timeout: CONNECT_TIMEOUT_MS } });
    pools.set(origin, pool);
    return pool;
  }

  function release(upstream: Pick<Upstream, 'address' | 'port'>): void {
    const origin = originOf(upstream);
    const pool = pools.get(origin);
    if (pool === undefined) return;
    pools.delete(origin);
    // Ends idle connections now and the others when their requests have finished.
    void pool.close();
  }

  async function close(graceMs: number): Promise<void> {
    await closeServer(server, graceMs);
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  }

  return { listen: (port, host) => listenOn(server, port, host), release, close };
}

function originOf({ address, port }: Pick<Upstream, 'address' | 'port'>): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function answer(response: ServerResponse, problem: Problem): void {
  const { status, headers, body } = problemResponse(problem);
  if (response.headersSent) {
    // Half an answer is out: a clean end would pass it off as a whole one.
    response.destroy();
    return;
  }
  // The rest of a body that nobody will read would be taken for the next request.
  const unread = hasBody(response.req) && !response.req.complete;
  response.writeHead(status, { ...headers, ...(unread && { connection: 'close' }) });
  response.end(body);
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    // Keep-alive connections that become idle later are closed by node:http itself once close() was called.
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
