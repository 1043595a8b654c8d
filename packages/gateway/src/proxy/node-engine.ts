import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { problemResponse } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Decide, Decision, Engine, Upstream } from './engine.ts';
import { Exchange, hasBody } from './exchange.ts';
import { listenOn } from './listen.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** The engine on `node:http` for clients and undici for instances. */
export function createNodeEngine({ decide }: { readonly decide: Decide }): Engine {
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
      fail: (problem) => answer(response, problem),
    });
    exchange.start();
  }

  function poolOf(upstream: Upstream): Pool {
    const known = pools.get(upstream.key);
    if (known !== undefined) return known;
    const host = upstream.address.includes(':') ? `[${upstream.address}]` : upstream.address;
    const pool = new Pool(`http://${host}:${upstream.port}`, {
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
    pools.set(upstream.key, pool);
    return pool;
  }

  function release(upstream: Upstream): void {
    const pool = pools.get(upstream.key);
    if (pool === undefined) return;
    pools.delete(upstream.key);
    // Ends idle connections now and the others when their requests have finished.
    void pool.close();
  }

  async function close(graceMs: number): Promise<void> {
    await closeServer(server, graceMs);
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  }

  return { listen: (port, host) => listenOn(server, port, host), release, close };
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
