import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../test/simulation/random.js';
import { listen, start, to } from '../harness.ts';

const SEED = 6;
const CLIENTS = 24;
const REQUESTS = 8;
/** More than a connection takes while its other end reads nothing. */
const LARGE = 12_000_000;
const DOWNLOADS = 3;
const PART = 15_000;

/** A text of which each part shows whose it is, and where. */
function bodyOf(name: string, length: number): string {
  const parts: string[] = [];
  for (let at = 0; at < length; at += parts.at(-1)?.length ?? 1) parts.push(`${name} at ${at};`);
  return parts.join('').slice(0, length);
}

/** In small parts, so that each read brings one. */
async function sendSlowly(body: string, response: ServerResponse): Promise<void> {
  for (let at = 0; at < body.length; at += PART) {
    if (!response.write(body.slice(at, at + PART))) await once(response, 'drain');
    await sleep(1);
  }
  response.end();
}

describe('buffers that connections share', () => {
  it(
    `never bring the bytes of one body into another, by seed ${SEED}`,
    { timeout: 120_000 },
    async () => {
      const random = randomFrom(SEED);
      const upTo = (most: number): number => Math.floor(random() * most);
      // None is closed while a request is on its way, which could not be sent again.
      const server = createServer({ keepAliveTimeout: 0 }, (asked, response) => {
        const { 'x-name': name, 'x-wait': wait } = asked.headers;
        if (name !== undefined) void sendSlowly(bodyOf(String(name), LARGE), response);
        // Some hold the proxy back, so that it has to hold what it has read.
        else setTimeout(() => asked.pipe(response), Number(wait));
      });
      const { port } = await start(to(await listen(server)));

      /** @param wait milliseconds after each part of the response, and much longer before the first */
      function ask(headers: Record<string, string>, body: string, wait: number): Promise<string> {
        return new Promise((resolve, reject) => {
          const sent = request({ port, method: 'POST', headers }, (response) => {
            let text = '';
            const pause = (ms: number): void => {
              response.pause();
              setTimeout(() => response.resume(), ms);
            };
            response.setEncoding('latin1').on('end', () => resolve(text));
            response.on('data', (part: string) => {
              text += part;
              if (wait > 0) pause(wait);
            });
            pause(300 * wait);
          });
          sent.on('error', reject);
          const half = Math.floor(body.length / 2);
          sent.write(body.slice(0, half));
          sent.end(body.slice(half));
        });
      }

      async function client(name: number): Promise<void> {
        for (let count = 0; count < REQUESTS; count++) {
          const body = bodyOf(`${name}/${count}`, upTo(random() < 0.5 ? 20_000 : 300_000));
          const wait = String(random() < 0.3 ? 20 : 0);
          const headers = { 'content-length': String(body.length), 'x-wait': wait };
          const heard = await ask(headers, body, random() < 0.3 ? 1 : 0);
          if (heard !== body)
            expect.fail(`${name}/${count} was not what was sent: ${heard.slice(0, 200)}`);
        }
      }

      async function download(name: string): Promise<void> {
        const heard = await ask({ 'x-name': name, 'content-length': '0' }, '', 3);
        if (heard !== bodyOf(name, LARGE)) expect.fail(`${name} was not what was sent`);
      }

      await Promise.all([
        ...Array.from({ length: CLIENTS }, (_, name) => client(name)),
        ...Array.from({ length: DOWNLOADS }, (_, name) => download(`download ${name}`)),
      ]);
    },
  );
});
