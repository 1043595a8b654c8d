import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { problemResponse } from '../problem.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import { Clients } from './clients.ts';
import type { Decision, Engine, EngineOptions, Upstream } from './engine.ts';
import { Exchange } from './exchange.ts';
import { hasOneHost, isLoop } from './headers.ts';
import { listenOn } from './listen.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** The engine on `node:http` for clients and undici for instances. */
export function createNodeEngine({ decide, onUnreachable }: EngineOptions): Engine {
  const pools = new Map<string, Pool>();
  const pseudonym = `rollcall-${randomUUID()}`;
  let isClosing = false;
  const server = createServer((request, response) => {
    const decision = decideWhole(request);
    if (decision.type === 'answer') answer(response, decision.problem, isClosing);
    else forward(request, response, decision);
  });
  const clients = new Clients(server);

  function decideWhole(request: IncomingMessage): Decision {
    const { rawHeaders, headers, url } = request;
    if (!hasOneHost(rawHeaders)) return problem('bad-request', 'It must have exactly one Host.');
    if (isLoop(rawHeaders, pseudonym)) {
      return problem('loop', 'An instance is announced at the address of a gateway.');
    }
    return decide(headers.host ?? '', url ?? '');
  }

  function forward(
    request: IncomingMessage,
    response: ServerResponse,
    decision: Extract<Decision, { type: 'forward' }>,
  ): void {
    const exchange = new Exchange(request, response, decision, {
      poolOf,
      onUnreachable,
      pseudonym,
      isClosing: () => isClosing,
      fail: (problem) => answer(response, problem, isClosing),
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
    pool.close().catch(() => {});
  }

  async function close(graceMs: number): Promise<void> {
    isClosing = true;
    await clients.close(graceMs);
    const open = [...pools.values()];
    pools.clear();
    await Promise.all(open.map((pool) => pool.destroy()));
  }

  return { listen: (port, host) => listenOn(server, port, host), release, close };
}

function originOf({ address, port }: Pick<Upstream, 'address' | 'port'>): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function answer(response: ServerResponse, cause: Problem, isClosing: boolean): void {
  const { status, reason, headers, body } = problemResponse(cause);
  if (response.headersSent) {
    // Half an answer is out: a clean end would pass it off as a whole one.
    response.destroy();
    return;
  }
  response.writeHead(status, reason, { ...headers, ...(isClosing && { connection: 'close' }) });
  response.end(body);
}

function problem(code: ProblemCode, detail: string): Decision {
  return { type: 'answer', problem: { code, detail } };
}
