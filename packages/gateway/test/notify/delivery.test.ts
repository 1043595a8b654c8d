import { createServer } from 'node:http';
import type { RequestListener, ServerResponse } from 'node:http';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { post } from '@rollcall/runtime';
import type { PostFailure } from '@rollcall/runtime';
import { Delivery } from '../../src/notify/delivery.ts';
import type { DeliveryOptions } from '../../src/notify/delivery.ts';
import type { Message } from '../../src/notify/duty.ts';
import { item } from './items.ts';

const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const message = (id = 'm'): Message => ({ id, group: 1, items: [item()] });

/** A delivery whose clock moves only while it waits. Resolves `done` when the first message is sent or dropped. */
function deliver(
  send: (message: Message) => Promise<PostFailure | undefined>,
  options: Partial<DeliveryOptions> = {},
) {
  const results: string[] = [];
  const waits: number[] = [];
  const logged: string[] = [];
  let now = 0;
  const ended = new EventEmitter();
  const done = once(ended, 'done');
  const delivery = new Delivery({
    send,
    remaining: (items) => [...items],
    onResult(result, { id }) {
      results.push(`${id} ${result}`);
      if (result !== 'failed') ended.emit('done');
    },
    async wait(ms) {
      waits.push(ms);
      now += ms;
    },
    now: () => now,
    random: () => 1,
    warn: (fields, text) => logged.push(`${text} ${JSON.stringify(fields)}`),
    ...options,
  });
  return { delivery, results, waits, logged, done };
}

/** A receiver on loopback, and what posts to it. */
async function receiver(respond: RequestListener): Promise<() => Promise<PostFailure | undefined>> {
  const server = createServer(respond);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  servers.push({ close: () => server.close().closeAllConnections() });
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  return () => post({ url: `http://127.0.0.1:${port}/hook`, headers: {}, body: '{}', signal });
}

/** Responds without end. */
function endless(_request: unknown, response: ServerResponse): void {
  const more = (): void => {
    if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
  };
  more();
}

describe('a message', () => {
  it('is sent once if it is accepted', async () => {
    const send = await receiver((_request, response) => response.end('ok'));
    const { delivery, results, waits, done } = deliver(send);
    delivery.push(message());
    await done;
    expect([results, waits]).toEqual([['m sent'], []]);
  });

  it('is tried again after an error of the receiver, each time later', async () => {
    let left = 4;
    const send = await receiver((_request, response) =>
      response.writeHead(left-- > 0 ? 500 : 204).end(),
    );
    const { delivery, waits, logged, results, done } = deliver(send);
    delivery.push(message());
    await done;
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(results.at(-1)).toBe('m sent');
    expect(logged).toEqual(['cannot notify: retrying {"reason":"status 500"}']);
  });

  it('waits as long as a receiver asks for that is busy', async () => {
    let left = 1;
    const send = await receiver((_request, response) =>
      response.writeHead(left-- > 0 ? 429 : 200, { 'retry-after': '30' }).end(),
    );
    const { delivery, waits, done } = deliver(send);
    delivery.push(message());
    await done;
    expect(waits).toEqual([30_000]);
  });

  it('is dropped if a receiver asks for more time than it is of use', async () => {
    const send = await receiver((_request, response) =>
      response.writeHead(503, { 'retry-after': '99999999' }).end(),
    );
    const { delivery, results, waits, done } = deliver(send);
    delivery.push(message());
    await done;
    expect([results, waits]).toEqual([['m failed', 'm dropped'], []]);
  });

  it.each([301, 307, 400, 404, 410])(
    'is dropped after a %d, which would come again',
    async (status) => {
      let requests = 0;
      const send = await receiver((_request, response) => {
        requests++;
        response.writeHead(status, { location: '/elsewhere' }).end();
      });
      const { delivery, results, logged, done } = deliver(send);
      delivery.push(message());
      await done;
      expect([requests, results]).toEqual([1, ['m failed', 'm dropped']]);
      expect(logged).toEqual([
        `cannot notify: dropped a message {"reason":"status ${status}","events":1}`,
      ]);
    },
  );

  it('is dropped after ten minutes', async () => {
    const { delivery, results, waits, done } = deliver(async () => ({
      reason: 'ECONNREFUSED',
      isUnreachable: true,
    }));
    delivery.push(message());
    await done;
    expect(results.at(-1)).toBe('m dropped');
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(600_000);
  });

  it('is accepted by a receiver whose response never ends', async () => {
    const { delivery, results, done } = deliver(await receiver(endless));
    delivery.push(message());
    await done;
    expect(results).toEqual(['m sent']);
  });

  it('is tried again if the receiver closes the connection', async () => {
    let left = 1;
    const send = await receiver((request, response) => {
      if (left-- > 0) request.socket.destroy();
      else response.end();
    });
    const { delivery, results, done } = deliver(send);
    delivery.push(message());
    await done;
    expect(results).toEqual(['m failed', 'm sent']);
  });

  it('is not sent any more if another gateway has sent all of it', async () => {
    let isTold = false;
    let requests = 0;
    const { delivery } = deliver(
      async () => {
        requests++;
        return { reason: 'status 500', isUnreachable: false, status: 500 };
      },
      {
        remaining: (items) => (isTold ? [] : [...items]),
        async wait() {
          isTold = true;
        },
      },
    );
    delivery.push(message());
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(requests).toBe(1);
  });

  it('gives way to newer ones when many wait', async () => {
    const { delivery, results } = deliver(() => new Promise(() => {}));
    for (let count = 0; count < 103; count++) delivery.push(message(String(count)));
    expect(results).toEqual(['1 dropped', '2 dropped', '3 dropped']);
  });
});
