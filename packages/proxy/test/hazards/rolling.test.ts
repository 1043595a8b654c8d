import { EventEmitter, once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../test/simulation/random.js';
import type { Upstream } from '../../src/proxy.ts';
import { afterwards, listen, start } from '../harness.ts';
import { forwardBy } from '../decisions.ts';

const SEED = 4;
const CLIENTS = 16;
const REQUESTS = 150;
const INSTANCES = 4;

interface Running {
  readonly there: Upstream;
  readonly server: Server;
}

/** An instance that answers with the nonce of its request, after a while, and closes connections as it likes. */
async function instance(random: () => number): Promise<Running> {
  const server = createServer(async (request, response) => {
    try {
      const body = await text(request);
      await sleep(random() * 4);
      // It says so only now and then; else it closes where it is idle, which may meet the next request.
      if (random() < 0.1) response.setHeader('connection', 'close');
      response.end(`${String(request.headers['x-nonce'])} ${body.length}`);
      if (random() < 0.1) response.once('finish', () => request.socket.destroySoon());
    } catch {
      // Broken off.
    }
  });
  return { there: await listen(server), server };
}

describe('upstreams that come and go', () => {
  it(`lose no request that could be sent again, by seed ${SEED}`, async () => {
    const random = randomFrom(SEED);
    const running: Running[] = [];
    for (let count = 0; count < INSTANCES; count++) running.push(await instance(random));
    let turn = 0;
    const { port, proxy } = await start(({ target }) => {
      const tried = new Set<string>();
      return forwardBy(() => {
        const left = running.filter(({ there }) => !tried.has(there.key));
        const picked = left[turn++ % left.length];
        if (picked !== undefined) tried.add(picked.there.key);
        return picked?.there;
      }, target);
    });
    let isOver = false;
    let replaced = 0;
    const answers = new EventEmitter();
    /** Resolves after so many answers: by time, a machine that stands still would replace all between two attempts. */
    async function answered(count: number): Promise<void> {
      for (let seen = 0; seen < count && !isOver; seen++) await once(answers, 'answer');
    }
    /** Replaces one after the other; some before the proxy learns that they are gone. */
    async function roll(): Promise<void> {
      while (!isOver) {
        await answered(20 + random() * 40);
        const next = await instance(random);
        const [leaving] = running;
        if (leaving === undefined) continue;
        leaving.server.close();
        if (random() < 0.5) await answered(random() * 10);
        running.push(next);
        running.shift();
        proxy.release(leaving.there);
        leaving.server.closeIdleConnections();
        replaced++;
      }
    }
    const agent = new Agent({ keepAlive: true });
    afterwards(() => agent.destroy());
    const failed: string[] = [];
    const foreign: string[] = [];

    function ask(nonce: string): Promise<void> {
      const method = random() < 0.2 ? 'PUT' : 'GET';
      const body = method === 'PUT' ? 'x'.repeat(Math.floor(random() * 3000)) : '';
      return new Promise((resolve) => {
        const headers = {
          'x-nonce': nonce,
          ...(method === 'PUT' && { 'content-length': body.length }),
        };
        const asked = httpRequest({ port, host: '127.0.0.1', agent, method, headers });
        asked.on('response', async (response) => {
          const answer = await text(response);
          if (response.statusCode !== 200)
            failed.push(`${method} ${response.statusCode} ${answer}`);
          else if (answer !== `${nonce} ${body.length}`) foreign.push(`${nonce}: ${answer}`);
          answers.emit('answer');
          resolve();
        });
        asked.on('error', (error) => {
          failed.push(`${method} ${error.message}`);
          resolve();
        });
        asked.end(body);
      });
    }
    const rolling = roll();
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let count = 0; count < REQUESTS; count++) await ask(`${client}-${count}`);
    });
    await Promise.all(clients);
    isOver = true;
    answers.emit('answer');
    await rolling;
    expect({ failed, foreign }).toEqual({ failed: [], foreign: [] });
    expect(replaced).toBeGreaterThan(INSTANCES);
  });
});
