import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { problemResponse } from '../problem.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import { Connections } from './connections.ts';
import { mayBeEarly } from './early-answer.ts';
import type { Decision, Engine, EngineOptions, Upstream } from './engine.ts';
import { Exchange } from './exchange.ts';
import { cameThrough, hasSeveralHosts } from './headers.ts';
import { listenOn } from './listen.ts';

const CONNECT_TIMEOUT_MS = 5000;
const ANSWER_TIMEOUT_MS = 300_000;

/** The engine on `node:http` for clients and undici for instances. */
export function createNodeEngine({
  decide,
  pseudonym,
  answerTimeoutMs = ANSWER_TIMEOUT_MS,
  onUnreachable,
}: EngineOptions): Engine {
  const pools = new Map<string, Pool>();
  const server = createServer((request, response) => {
    // RFC 9112 §9.6: what comes after the answer that closes the connection is not served.
    if (!request.socket.writable) return;
    connections.begin(response);
    const decision = refuse(request) ?? decide(request.headers.host ?? '', request.url ?? '');
    if (decision.type === 'answer') answer(response, decision.problem);
    else forward(request, response, decision);
  });
  const connections = new Connections(server);

  function refuse({ rawHeaders, headers }: IncomingMessage): Decision | undefined {
    if (hasSeveralHosts(rawHeaders)) return problem('bad-request', 'It must have one Host.');
    if (cameThrough(headers.via, pseudonym)) {
      return problem('loop', 'An instance of this service is a gateway that forwards to this one.');
    }
    return undefined;
  }

  function forward(
    request: IncomingMessage,
    response: ServerResponse,
    decision: Extract<Decision, { type: 'forward' }>,
  ): void {
    const exchange = new Exchange(request, response, decision, {
      poolOf,
      pseudonym,
      onUnreachable,
      fail: (problem) => answer(response, problem),
    });
    exchange.start();
  }

  function poolOf(upstream: Upstream): Pool {
    const origin = originOf(upstream);
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      pipelining: 1,
      headersTimeout: answerTimeoutMs,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
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
    await closeServer(graceMs);
    const open = [...pools.values()];
    pools.clear();
    await Promise.all(open.map((pool) => pool.destroy()));
  }

  function closeServer(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cut = setTimeout(() => connections.cut(), graceMs);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      connections.close();
    });
  }

  return { listen: (port, host) => listenOn(server, port, host), release, close };
}

function originOf({ address, port }: Pick<Upstream, 'address' | 'port'>): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function problem(code: ProblemCode, detail: string): Decision {
  return { type: 'answer', problem: { code, detail } };
}

function answer(response: ServerResponse, problem: Problem): void {
  const { status, reason, headers, body } = problemResponse(problem);
  if (response.headersSent) {
    // Half an answer is out: a clean end would pass it off as a whole one.
    response.destroy();
    return;
  }
  mayBeEarly(response.req, response);
  // With its own reason: one that was refused before stays on the response, and would be refused again.
  response.writeHead(status, reason, headers);
  response.end(body);
}
