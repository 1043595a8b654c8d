import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Announcement } from '@rollcall/client';
import { channelStringToSign } from '@rollcall/protocol/pusher';
import { Cluster } from '../support/cluster.ts';
import { APP } from '../support/connection.ts';
import { AttackedGateway } from './attacked-gateway.ts';

let cluster: Cluster;
let attacked: AttackedGateway;
let captured: Announcement & { readonly id: string; readonly inc: number };
beforeAll(async () => {
  cluster = await Cluster.start();
  attacked = await AttackedGateway.start(cluster, {
    table: { maxInstances: 100, maxPrefixes: 50 },
  });
  captured = (await attacked.captured()) as typeof captured;
});
afterAll(async () => {
  await cluster.end();
  attacked.end();
});

/** Joins a presence channel as a user, which takes the app's secret. */
async function join(channel: string, userId: string, userInfo: object): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${cluster.brokerPort}/app/${APP.key}?protocol=7`);
  const [greeting] = (await once(socket, 'message')) as [Buffer];
  const { data } = JSON.parse(String(greeting)) as { data: string };
  const { socket_id: socketId } = JSON.parse(data) as { socket_id: string };
  const channel_data = JSON.stringify({ user_id: userId, user_info: userInfo });
  const text = channelStringToSign(socketId, channel, channel_data);
  const auth = `${APP.key}:${createHmac('sha256', APP.secret).update(text).digest('hex')}`;
  socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel, auth, channel_data } }));
  await once(socket, 'message');
  return socket;
}

/** Milliseconds of each of the requests, one after the other, that are sent until something has ended. Sorted. */
async function durationsUntil(end: Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  let isOver = false;
  void end.finally(() => (isOver = true));
  while (!isOver) {
    const begun = performance.now();
    await attacked.served();
    all.push(performance.now() - begun);
  }
  return all.toSorted((one, other) => one - other);
}

/** Publishes so many tables of announcements of the owner, whose signatures are random. */
async function flood(tables: number): Promise<void> {
  for (let sent = 0; sent < tables; sent++) {
    const up = Array.from({ length: 20 }, (_, index) => ({
      ...attacked.forged({ id: captured.id, inc: captured.inc + index }),
      sig: randomBytes(64).toString('base64url'),
    }));
    await cluster.publish('table', { nonce: 'x', up, left: [] });
  }
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1] ?? 0;

describe('a program with the secret of the app', () => {
  it('cannot speak for an owner in its presence channel', async () => {
    const inc = captured.inc + 1;
    const channel = `presence-mapped-discovery.${captured.id}`;
    const sockets: WebSocket[] = [];
    const joins = async (userInfo: object): Promise<void> => {
      sockets.push(await join(channel, `${captured.id}~${inc + sockets.length}`, userInfo));
    };
    const later = { ...captured, inc, port: attacked.attacker.port };
    const { sig: _, ...unsigned } = later;
    await attacked.refuses('unsigned', () => joins(unsigned));
    await attacked.refuses('bad-signature', () => joins({ ...later, inc: inc + 1 }));
    for (const each of sockets) each.close();
    await attacked.isUnharmed();
  });

  it('cannot have an owner number its own runs beyond the highest that it can follow', async () => {
    const highest = Number.MAX_SAFE_INTEGER - 1;
    const channel = `presence-mapped-discovery.${captured.id}`;
    const socket = await join(channel, `${captured.id}~${highest}`, { ...captured, inc: highest });
    await cluster.publish(
      'rollcall',
      { nonce: 'n', digest: '', size: 0 },
      'mapped-discovery.owners',
    );
    await attacked.refuses('unsigned', () => cluster.publish('register', attacked.forged()));
    expect((await attacked.captured()).inc).toBe(captured.inc);
    socket.close();
  });

  it('cannot withdraw an owner by exits of later runs', async () => {
    for (const inc of [captured.inc, captured.inc + 1, Number.MAX_SAFE_INTEGER])
      await attacked.refuses('bad-signature', () => cluster.publish('exit', { ...captured, inc }));
  });

  it('cannot have gateways forget an owner by tables and roll calls of its own', async () => {
    const { sig: _, ...unsigned } = captured;
    await attacked.refuses('unsigned', async () => {
      for (let nonce = 0; nonce < 20; nonce++) {
        await cluster.publish('rollcall', {
          nonce: `n${nonce}`,
          digest: '',
          size: 0,
          from: 'rollcall-evil',
        });
        const table = {
          nonce: `n${nonce}`,
          up: [],
          left: [{ ...unsigned, inc: captured.inc + nonce }],
        };
        await cluster.publish('table', table);
      }
    });
    expect((await attacked.captured()).inc).toBe(captured.inc);
  });

  it('cannot end gateways and services by an event that is nested deep', async () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const channels = ['', '.owners'].map((end) => `mapped-discovery${end}`);
    for (const channel of [...channels, `presence-mapped-discovery.${captured.id}`])
      for (const event of ['register', 'rollcall', 'table', 'other'])
        await cluster.publish(event, deep, channel);
    await attacked.refuses('unsigned', () => cluster.publish('register', attacked.forged()));
  });

  it('can fill a table with prefixes that have no owners, and no instance that runs gives way', async () => {
    const before = await attacked.timesRefused('table-full');
    const up = (from: number) =>
      Array.from({ length: 25 }, (_, index) =>
        attacked.forged({ prefix: `/free-${(from + index) % 60}`, id: `free-${from + index}` }),
      );
    for (let from = 0; from < 200; from += 25)
      await cluster.publish('table', { nonce: 'x', up: up(from), left: [] });
    await expect.poll(() => attacked.timesRefused('table-full')).toBeGreaterThan(before);
    expect((await attacked.instances()).length).toBeLessThanOrEqual(100);
    await attacked.isUnharmed();
  });

  it('cannot delay requests by a flood of signatures that are not genuine', async () => {
    const quiet = median(await durationsUntil(delay(1000)));
    const before = await attacked.timesRefused('bad-signature');
    const during = await durationsUntil(Promise.all([flood(40), flood(40), flood(40)]));
    await expect.poll(() => attacked.timesRefused('bad-signature')).toBeGreaterThan(before + 1000);
    // The sender, the broker, and the gateway share this machine.
    expect(median(during)).toBeLessThan(10 * quiet + 60);
    await attacked.isUnharmed();
  });
});
