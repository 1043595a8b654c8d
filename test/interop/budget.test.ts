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

/** Messages that hosted Pusher does not count: the handshake, pings, and confirmations of subscriptions. */
const NOT_COUNTED = /^\{"event":"(pusher:|pusher_internal:subscription)/;

let broker: Broker;
let connection: RegistryConfig;
/** A health check of the broker is no request to an app. */
const toApps = (target: string | undefined): boolean => target?.startsWith('/apps/') === true;

let messages: () => number;
let expected: number;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  const plain = vi.spyOn(HttpApi.prototype, 'respond');
  const others = vi.spyOn(HttpApi.prototype, 'handle');
  const frames = vi.spyOn(ClientSocket.prototype, 'send');
  const requests = () =>
    plain.mock.calls.filter(([{ target }]) => toApps(target)).length +
    others.mock.calls.filter(([{ url }]) => toApps(url)).length;
  messages = () =>
    requests() + frames.mock.calls.filter(([frame]) => !NOT_COUNTED.test(frame)).length;
  expected = 0;
  broker = await createBroker({ apps: [APP] });
  connection = connectionTo(broker.port);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await broker.close();
  vi.restoreAllMocks();
});

/** Resolves when the broker has counted this many more messages. */
async function expectMessages(more: number): Promise<void> {
  expected += more;
  await expect.poll(messages).toBe(expected);
}

/** An observer that behaves on the channel as a gateway does. */
async function observeAsGateway(): Promise<Directory> {
  const directory = await discover({
    registry: connection,
    answersRollCalls: true,
    probes: 'never',
  });
  cleanups.push(() => directory.close());
  return directory;
}

/** A relay to the broker whose connections can be cut. */
async function cuttableRelay(): Promise<{ connection: RegistryConfig; cut: () => void }> {
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

/** The messages of one occurrence of a cause. */
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

describe.each([1, 3])(
  'the budget formula agrees with the broker’s count for %d gateways',
  (gateways) => {
    let last: Directory;
    beforeEach(async () => {
      for (let count = 1; count <= gateways; count++) {
        last = await observeAsGateway();
        await expectMessages(costOf('gateway reconnects', { gateways: count }) / count);
      }
    });

    it.each<'presence' | 'lease'>(['presence', 'lease'])(
      'when an instance in %s mode starts and stops, and a gateway restarts',
      async (mode) => {
        const startOrStop = costOf('rollouts', { [mode]: 1, gateways }) / 2;
        const stayer = await register({ prefix: '/v1', port: 1, registry: connection, mode });
        cleanups.push(() => stayer.leave());
        await expectMessages(startOrStop);
        const leaver = await register({ prefix: '/v1', port: 2, registry: connection, mode });
        await expectMessages(startOrStop);
        await leaver.leave();
        await expectMessages(startOrStop);

        last.close();
        await observeAsGateway();
        await expectMessages(costOf('gateway restarts', { [mode]: 1, gateways }) / gateways);
      },
    );

    it('when an instance loses its connection', async () => {
      const relay = await cuttableRelay();
      const registration = await register({ prefix: '/v1', port: 1, registry: relay.connection });
      cleanups.push(() => registration.leave());
      await expectMessages(costOf('rollouts', { presence: 1, gateways }) / 2);
      relay.cut();
      await expectMessages(costOf('instance reconnects', { presence: 1, gateways }));
    });
  },
);
