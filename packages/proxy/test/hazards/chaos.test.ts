import { request as httpRequest, Agent } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../test/simulation/random.js';
import type { Upstream } from '../../src/proxy.ts';
import { afterwards, listen, refusingPort, start } from '../harness.ts';
import { forwardBy } from '../decisions.ts';

const SEED = 4;
const CLIENTS = 24;
const REQUESTS = 60;

/** An instance that answers with the nonce of each request, or misbehaves in one of many ways. */
async function misbehaving(random: () => number): Promise<Upstream> {
  const server = createTcpServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    afterwards(() => socket.destroy());
    let held = '';
    socket.on('data', (bytes) => {
      held += bytes.toString('latin1');
      const nonce = /x-nonce: (\S+)[^]*\r\n\r\n/i.exec(held)?.[1];
      if (nonce === undefined) return;
      const isWhole = !held.includes('content-length: 1000') || held.length > 1000;
      const chance = random();
      // Some answer before they have the body.
      if (!isWhole && chance > 0.1) return;
      held = '';
      const body = `${nonce} `.repeat(1 + Math.floor(random() * 2000));
      const plain = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      if (chance < 0.55) socket.write(plain);
      else if (chance < 0.75) socket.write(chunked);
      else if (chance < 0.79)
        socket.write(plain.slice(0, Math.floor(random() * plain.length)), () => socket.destroy());
      else if (chance < 0.83) socket.destroy();
      else if (chance < 0.86) socket.write('garbage\r\n\r\n');
      else if (chance < 0.9) socket.write(plain + plain);
      else if (chance < 0.96) socket.end(`HTTP/1.0 200 OK\r\n\r\n${body}`);
      else if (chance < 0.98)
        socket.write(`HTTP/1.1 304 Not Modified\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      // The rest hang.
    });
  });
  return listen(server);
}

describe('upstreams that refuse, hang, die, and send what was not requested', () => {
  it(`never have a client get the response of another, by seed ${SEED}`, async () => {
    const random = randomFrom(SEED);
    const instances = await Promise.all([1, 2, 3, 4].map(() => misbehaving(random)));
    instances.push(await refusingPort());
    let turn = 0;
    const { port, proxy } = await start(
      ({ target }) => {
        const first = turn++;
        let tried = 0;
        const next = (): Upstream | undefined =>
          tried < instances.length ? instances[(first + tried++) % instances.length] : undefined;
        return forwardBy(next, target);
      },
      { limits: { answerMs: 500, answerBodyMs: 500 } },
    );
    const agent = new Agent({ keepAlive: true });
    afterwards(() => agent.destroy());
    const seen = { right: 0, refused: 0, broken: 0, aborted: 0 };
    const foreign: string[] = [];

    /** Asks once, perhaps with a body, and perhaps goes away in between. */
    function ask(nonce: string): Promise<void> {
      return new Promise((resolve) => {
        const hasBody = random() < 0.3;
        const asked = httpRequest({
          port,
          host: '127.0.0.1',
          agent,
          method: hasBody ? 'POST' : 'GET',
          headers: { 'x-nonce': nonce, ...(hasBody && { 'content-length': 1000 }) },
        });
        const leavesAfter = random() < 0.1 ? random() * 20 : undefined;
        if (leavesAfter !== undefined) setTimeout(() => asked.destroy(), leavesAfter);
        let body = '';
        asked.on('response', (response) => {
          response.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
          response.on('end', () => {
            if (response.statusCode === 200) seen.right++;
            else if (response.statusCode !== 304) seen.refused++;
            const words = body.split(' ').slice(0, -1);
            if (response.statusCode === 200 && !words.every((each) => each === nonce))
              foreign.push(nonce);
          });
          response.on('error', () => {});
        });
        asked.on('error', () => (leavesAfter === undefined ? seen.broken++ : seen.aborted++));
        asked.on('close', resolve);
        asked.end(hasBody ? 'x'.repeat(1000) : undefined);
      });
    }

    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let count = 0; count < REQUESTS; count++) await ask(`${client}-${count}`);
    });
    await Promise.all(clients);
    expect(foreign).toEqual([]);
    // It was not all one thing.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
    expect(seen.right).toBeGreaterThan(CLIENTS * REQUESTS * 0.6);
    await proxy.close(1000);
  });
});
