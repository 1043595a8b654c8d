import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Observer, Owner } from '@rollcall/protocol';
import { deferred } from '../../../../test/support/deferred.ts';
import { connectionTo, onlyConnection } from '../../../../test/support/connection.ts';
import { freePort } from '../../../../test/support/free-port.js';
import { TestRegistry } from '../../../../test/support/registry.ts';
import { presenceMode } from '../../src/registrar/presence-mode.ts';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

const ANNOUNCEMENT = {
  prefix: '/v1',
  port: 3000,
  address: '127.0.0.1',
  id: 'a',
  inc: 5,
  seq: 0,
} as const;

/** Counts what it says, and answers at once. */
async function voice() {
  const said = { times: 0 };
  const accepted = deferred();
  const made = presenceMode({
    connection: onlyConnection(registry.connection),
    owner: new Owner(ANNOUNCEMENT),
    announce: () => Promise.resolve(void said.times++),
    onAccepted: accepted.resolve,
    onOutbid: () => {},
    onFault: () => {},
    random: () => 0,
  });
  registry.onEnd(() => made.stop());
  made.start();
  await accepted.promise;
  const { owners } = registry.connection.channels;
  const ask = (data: object) => registry.publish('rollcall', { nonce: 'q', ...data }, owners);
  return { said, made, ask };
}

describe('an owner’s connection to its presence channel', () => {
  it('announces once it is in its channel, and again after each reconnection', async () => {
    const { said } = await voice();
    expect(said.times).toBe(1);
    await registry.stop();
    await registry.startAgain();
    await vi.waitFor(() => expect(said.times).toBe(2));
  });

  it('answers a roll call in the owners’ channel from an observer that lacks it', async () => {
    const { said, ask } = await voice();
    const knows = new Observer({ probes: 'never', answers: false, nonce: () => 'k' });
    knows.at(0).receive('register', ANNOUNCEMENT, 0);
    await ask(knows.at(0).askOwners(0).data as object);
    await ask({ nonce: '?' });
    await ask({ digest: 'x'.repeat(7), size: 1 });
    // They come in order: what was said is the answer to the last.
    await vi.waitFor(() => expect(said.times).toBeGreaterThan(1));
    expect(said.times).toBe(2);
  });

  it('stays in its channel silently while it leaves, and is then gone', async () => {
    const { said, made, ask } = await voice();
    const link = registry.link();
    const parted = new Promise<string>((resolve) => {
      link.subscribe(`${registry.connection.channels.presencePrefix}a`, {
        identify: () => ({ user_id: 'observer' }),
        onParted: resolve,
        onSubscribed: (members) => {
          expect(members.map(({ userId }) => userId)).toContain('a~5');
          made.mute();
          void ask({ digest: '', size: 1 }).then(() => made.stop());
        },
      });
    });
    expect(await parted).toBe('a~5');
    expect(said.times).toBe(1);
  });
});

it('says once why there is no first connection, and not later that HTTP works', async () => {
  const faults: string[] = [];
  const made = presenceMode({
    connection: onlyConnection(connectionTo(await freePort())),
    owner: new Owner(ANNOUNCEMENT),
    announce: () => Promise.resolve(),
    onAccepted: () => {},
    onOutbid: () => {},
    onFault: ({ message }) => faults.push(message),
    joinWithinMs: 1200,
  });
  registry.onEnd(() => made.stop());
  made.start();
  await vi.waitFor(() => expect(faults).toHaveLength(1), { timeout: 5000 });
  await delay(1500);
  expect(faults).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
});
