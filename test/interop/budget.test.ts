import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { discover, register } from '@rollcall/client';
import type { RegistryConfig, Directory } from '@rollcall/client';
import { budgetOf } from '@rollcall/protocol';
import type { Cause, Deployment } from '@rollcall/protocol';
import { HttpApi } from '../../packages/broker/src/api/http-api.ts';
import { ClientSocket } from '../../packages/broker/src/server/client-socket.ts';
import { APP, connectionTo } from '../support/connection.ts';

/** What hosted Pusher does not count: the handshake, pings, and the answer to a subscription. */
const FREE = /^\{"event":"(pusher:|pusher_internal:subscription)/;

let broker: Broker;
let connection: RegistryConfig;
let messages: () => number;
let expected: number;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  const plain = vi.spyOn(HttpApi.prototype, 'respond');
  const others = vi.spyOn(HttpApi.prototype, 'handle');
  const frames = vi.spyOn(ClientSocket.prototype, 'send');
  const requests = () => plain.mock.calls.length + others.mock.calls.length;
  messages = () => requests() + frames.mock.calls.filter(([frame]) => !FREE.test(frame)).length;
  expected = 0;
  broker = await createBroker({ apps: [APP] });
  connection = connectionTo(broker.port);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await broker.close();
  vi.restoreAllMocks();
});

/** Waits until the broker has counted so many messages more. */
async function counted(more: number): Promise<void> {
  expected += more;
  await expect.poll(messages, { timeout: 5000 }).toBe(expected);
}

/** A gateway, as the channel sees it. */
async function gateway(): Promise<Directory> {
  const directory = await discover({
    registry: connection,
    answersRollCalls: true,
    probes: 'never',
  });
  cleanups.push(() => directory.close());
  return directory;
}

/** A way to the broker that can be cut. */
async function cuttable(): Promise<{ connection: RegistryConfig; cut: () => void }> {
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect(broker.port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    near.pipe(far).pipe(near);
  });
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  cleanups.push(() => {
    relay.close();
    cut();
  });
  return { connection: connectionTo((relay.address() as AddressInfo).port), cut };
}

/** What one such thing costs. */
function costOf(cause: Cause, deployment: Partial<Deployment>): number {
  const once = { rollouts: 1, gatewayRestarts: 1, reconnects: 1 };
  const { costs } = budgetOf({
    presence: 0,
    lease: 0,
    ttl: 300,
    gateways: 1,
    ...once,
    ...deployment,
  });
  return costs.find((cost) => cost.cause === cause)?.messages ?? Number.NaN;
}

describe.each([1, 3])('the formula is what the broker counts, with %d gateways', (gateways) => {
  let last: Directory;
  beforeEach(async () => {
    for (let count = 1; count <= gateways; count++) {
      last = await gateway();
      await counted(costOf('gateway reconnects', { gateways: count }) / count);
    }
  });

  it.each<'presence' | 'lease'>(['presence', 'lease'])(
    'for an instance in %s mode that comes and goes, and a gateway that does',
    async (mode) => {
      const comesOrGoes = costOf('rollouts', { [mode]: 1, gateways }) / 2;
      const stayer = await register({ prefix: '/v1', port: 1, registry: connection, mode });
      cleanups.push(() => stayer.leave());
      await counted(comesOrGoes);
      const leaver = await register({ prefix: '/v1', port: 2, registry: connection, mode });
      await counted(comesOrGoes);
      await leaver.leave();
      await counted(comesOrGoes);

      last.close();
      await gateway();
      await counted(costOf('gateway restarts', { [mode]: 1, gateways }) / gateways);
    },
  );

  it('for an instance whose connection is lost', async () => {
    const way = await cuttable();
    const registration = await register({ prefix: '/v1', port: 1, registry: way.connection });
    cleanups.push(() => registration.leave());
    await counted(costOf('rollouts', { presence: 1, gateways }) / 2);
    way.cut();
    await counted(costOf('instance reconnects', { presence: 1, gateways }));
  });
});
