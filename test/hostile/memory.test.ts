import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import Pusher from 'pusher';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RawClient } from '../../packages/broker/test/raw-client.ts';
import { APP } from '../support/connection.ts';
import { BrokerCluster } from '../support/cluster.ts';
import { childrenOf } from '../support/processes.ts';
import { answersFor, SUBJECTS } from './subjects.ts';
import { BAD, servesFor, world, WORKERS } from './world.ts';

/** As in a container of 200 MB: the heap has a part of it, and the system gives no process more. */
const env = { NODE_OPTIONS: '--max-old-space-size=100' };
const via = ['prlimit', '--data=200000000'];

const CLIENTS = 60;
/** Each may leave 1 MiB unread, and is sent 9 MB: most have to be disconnected before that. */
const SUBSCRIBERS = [60, 200];

const responses: IncomingMessage[] = [];
afterEach(() => {
  for (const response of responses.splice(0)) response.destroy();
});

describe.runIf(process.platform === 'linux')('with the memory of a small container', () => {
  it.each(WORKERS)(
    'a gateway with %s worker processes passes on bodies that are larger, to clients that do not read',
    async (workers) => {
      const { cluster, gateway, url } = await world({ args: ['--workers', workers], env, via });
      const instance = createServer((request, response) => {
        if (request.url === '/health') return void response.end();
        const chunk = Buffer.alloc(1024 * 1024);
        const more = (): void => {
          while (response.write(chunk));
        };
        response.on('drain', more);
        more();
      });
      await once(instance.listen(0, '127.0.0.1'), 'listening');
      const { port } = instance.address() as AddressInfo;
      await cluster.publish('register', { prefix: '/large', address: '127.0.0.1', port });
      await gateway.line(/route registered .*large/);
      const before = childrenOf(gateway.pid);
      for (let count = 0; count < CLIENTS; count++) {
        get(`${url}/large/x`, { agent: false }, (response) => {
          response.on('error', () => {});
          responses.push(response.pause());
        }).on('error', () => {});
      }
      await vi.waitUntil(() => responses.length === CLIENTS, 20_000);
      await servesFor(url, 3000);
      for (const response of responses.splice(0)) response.destroy();
      instance.close().closeAllConnections();
      await servesFor(url, 500);
      expect(childrenOf(gateway.pid)).toEqual(before);
    },
  );

  it.each(SUBSCRIBERS)(
    'a broker with %i subscribers sends more than that to subscribers that do not read, and all of it to one that reads',
    async (count) => {
      const cluster = await BrokerCluster.startWith('embedded');
      try {
        const subject = await SUBJECTS['a broker']?.(cluster, { env, via });
        if (subject === undefined) throw new Error('there is no broker');
        const url = `http://127.0.0.1:${subject.port}`;
        const clients = Array.from({ length: count }, () => new RawClient({ url }));
        for (const client of clients) {
          await client.next();
          await client.subscribe('news');
        }
        const [reader, ...others] = clients;
        for (const { socket } of others) socket.pause();
        const sdk = new Pusher({ ...APP, host: '127.0.0.1', port: String(subject.port) });
        const data = 'x'.repeat(9000);
        const EVENTS = 1000;
        for (let sent = 0; sent < EVENTS; sent += 10)
          await sdk.triggerBatch(
            Array.from({ length: 10 }, () => ({ channel: 'news', name: 'item', data })),
          );
        for (let received = 0; received < EVENTS; received++)
          expect(await reader?.next()).toMatchObject({ event: 'item' });
        await answersFor(subject, 500);
        for (const { socket } of clients) socket.terminate();
        const later = new RawClient({ url });
        expect(await later.next()).toMatchObject({ event: 'pusher:connection_established' });
        later.socket.terminate();
        expect(subject.program.output).not.toMatch(BAD);
      } finally {
        await cluster.end();
      }
    },
  );
});
