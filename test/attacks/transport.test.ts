import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Announcement } from '@rollcall/client';
import { Signer } from '../../packages/client/src/trust/signer.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningProgram } from '../support/processes.ts';
import { AttackedGateway, OWNER } from './attacked-gateway.ts';
import { HostileBroker } from './hostile-broker.ts';

let broker: HostileBroker;
let cluster: Cluster;
let attacked: AttackedGateway;
let owner: RunningProgram;
/** What the owner has published, as it was sent. */
let register: string;
/** The presence channel of the owner. */
let presence: string;
let settles = 0;
let captured: Announcement & { readonly id: string; readonly inc: number };
beforeAll(async () => {
  broker = await HostileBroker.start();
  cluster = await Cluster.start(broker);
  attacked = await AttackedGateway.prepare(cluster);
  await attacked.startGateway();
});
afterAll(async () => {
  await cluster.end();
  attacked.end();
});
beforeEach(async () => {
  broker.withholds = () => false;
  owner = await cluster.idV5('owner', { ROLLCALL_SERVICE_KEY: OWNER });
  await expect.poll(() => attacked.served()).toBe('owner');
  register = broker.latest('register')?.data ?? '';
  captured = JSON.parse(register) as typeof captured;
  presence = `presence-mapped-discovery.${captured.id}`;
  // The owner, and the gateway.
  await expect.poll(() => broker.subscribers(presence)).toBe(2);
  return async () => {
    owner.end();
    await owner.ended;
    await expect.poll(() => attacked.served()).not.toBe('owner');
  };
});

/** Events of the protocol itself. */
const OWN_EVENTS = [
  'pusher:connection_established',
  'pusher:error',
  'pusher:ping',
  'pusher:cache_miss',
  'pusher:signin_success',
  'pusher:subscription_error',
  'pusher:subscription_succeeded',
  'pusher:member_added',
  'pusher_internal:subscription_succeeded',
  'pusher_internal:subscription_count',
  'pusher_internal:member_added',
  'pusher_internal:member_removed',
  'pusher_internal:watchlist_events',
];

/** Resolves when the gateway has taken in all that was delivered before. It may have lost its connection over it. */
async function settled(): Promise<void> {
  const prefix = `/settled-${++settles}`;
  const served = (): Promise<string> => {
    broker.deliver('register', attacked.forged({ prefix, id: prefix.slice(1) }));
    return attacked.served(prefix);
  };
  await expect.poll(served, { interval: 100 }).toBe('attacker');
}

/** What the gateway holds of the owner. */
async function held(): Promise<Announcement | undefined> {
  const all = (await attacked.instances()).map(({ announcement }) => announcement);
  return all.find(({ id }) => id === captured.id);
}

describe('the broker itself', () => {
  it('cannot change a byte of what an owner announces', async () => {
    const before = await attacked.timesRefused('bad-signature');
    for (let at = 0; at < register.length; at++) {
      const changed = String.fromCodePoint((register.codePointAt(at) ?? 0) ^ 1);
      broker.deliver('register', register.slice(0, at) + changed + register.slice(at + 1));
    }
    await settled();
    expect(await held()).toEqual(captured);
    expect(await attacked.timesRefused('bad-signature')).toBeGreaterThan(before + 50);
    await attacked.isUnharmed();
  });

  it('cannot bring in what an owner has signed in another registry', async () => {
    const announcement = { ...captured, port: attacked.attacker.port, seq: 9 };
    const statement = { announcement, left: false };
    const elsewhere = Signer.of({ serviceKey: OWNER })?.sign('mapped-discovery-2', statement);
    await attacked.refuses('bad-signature', () => broker.deliver('register', elsewhere));
  });

  it('cannot make a presence join of an owner', async () => {
    const inc = captured.inc + 1;
    const member = (user_info: object) => ({ user_id: `${captured.id}~${inc}`, user_info });
    const forged = attacked.forged({ id: captured.id, inc });
    await attacked.refuses('unsigned', () => broker.say('member_added', presence, member(forged)));
    await attacked.refuses('bad-signature', () =>
      broker.say('member_added', presence, member({ ...captured, inc })),
    );
  });

  it('can say that an owner has left its presence channel, which a probe corrects', async () => {
    const member = { user_id: `${captured.id}~${captured.inc}` };
    const suspected = attacked.gateway.program.nextLine(/instance suspected .*\/v1/);
    const recovered = attacked.gateway.program.nextLine(/instance recovered .*\/v1/);
    broker.say('member_removed', presence, member);
    await suspected;
    await attacked.isUnharmed();
    await recovered;
  });

  it('cannot bring back what has left by repeating its announcement, in any order', async () => {
    const unregistered = attacked.gateway.program.nextLine(/route unregistered .*\/v1/);
    owner.kill('SIGTERM');
    await unregistered;
    const exit = broker.latest('exit')?.data ?? '';
    for (const [event, data] of [
      ['register', register],
      ['exit', exit],
      ['register', register],
    ] as const)
      broker.deliver(event, data);
    broker.deliver('table', { nonce: 'n', up: [captured], left: [] });
    await settled();
    expect(await held()).toBeUndefined();
    expect(await attacked.served()).toBe('503');
  });

  it('can withhold an exit, which a probe or a request finds out', async () => {
    broker.withholds = ({ name }) => name === 'exit';
    const down = attacked.gateway.program.nextLine(/instance down .*\/v1/);
    owner.kill('SIGTERM');
    await down;
    expect((await held())?.id).toBe(captured.id);
    expect(await attacked.served()).toBe('503');
  });

  it('can withhold everything, and the owner is served still', async () => {
    broker.withholds = () => true;
    const later = await cluster.idV5('later', { ROLLCALL_SERVICE_KEY: OWNER });
    await attacked.isUnharmed();
    later.end();
  });

  it('cannot end a gateway by frames that are malformed or huge', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const frames = ['', 'x', 'null', '[]', '{}', '{"event":7}', '{"event":"register"}', deep];
    for (const frame of frames) broker.sendRaw(frame);
    for (const event of OWN_EVENTS)
      for (const channel of [undefined, 'mapped-discovery', presence, 7, {}])
        for (const data of [undefined, null, 7, [], {}, '', 'null', '{"presence":{}}', deep])
          broker.sendRaw(JSON.stringify({ event, channel, data }));
    broker.sendRaw(Buffer.from([0xff, 0xfe, 0x00]));
    for (const data of ['', 'x', 'null', '[]', deep, `"${'x'.repeat(8 << 20)}"`])
      for (const event of ['register', 'exit', 'table', 'rollcall']) broker.deliver(event, data);
    broker.deliver('table', { nonce: 'n', up: Array.from({ length: 5000 }, () => captured) });
    await settled();
    expect(await held()).toEqual(captured);
    await attacked.isUnharmed();
  });
});
