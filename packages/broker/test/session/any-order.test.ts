import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { App } from '../../src/app/app.ts';
import type { LocalApp } from '../../src/app/local-app.ts';
import { LateApp, settled } from '../app/late-app.ts';
import { newApp } from '../app/new-app.ts';
import type { Frame } from '../fake-connection.ts';
import { SessionClient } from './session-client.ts';

const CHANNELS = ['private-a', 'private-b', 'presence-c'];

const script = fc.array(
  fc.record({
    client: fc.nat(2),
    channel: fc.constantFrom(...CHANNELS),
    does: fc.constantFrom('subscribe', 'unsubscribe', 'send', 'wait', 'end'),
  }),
  { maxLength: 40 },
);
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

/** Lets three clients follow a script. Returns what is left at the end, and what the clients were sent about each channel. */
async function follow(steps: Script, app: App, local: LocalApp) {
  let now = 0;
  const clients = [0, 1, 2].map((id) => ({
    id,
    client: new SessionClient(app, () => now),
    frames: [] as Frame[],
    hasEnded: false,
  }));
  for (const { client: id, channel, does } of steps) {
    now += 1_000;
    const actor = clients[id];
    if (actor === undefined) continue;
    const { client, frames } = actor;
    const user = channel.startsWith('presence-') ? { user_id: `user-${id}` } : undefined;
    if (does === 'subscribe') frames.push(...client.subscribe(channel, user));
    if (does === 'unsubscribe') frames.push(...client.say('pusher:unsubscribe', { channel }));
    if (does === 'send') frames.push(...client.say('client-e', 1, channel));
    if (does === 'wait') await settled();
    if (does === 'end') client.end();
    actor.hasEnded ||= does === 'end';
  }
  await settled();
  const states = local.channelsStartingWith('');
  const left = CHANNELS.map((name) => [
    states.get(name)?.subscriptionCount,
    new Set(local.userIds(name)),
  ]);
  for (const { client, frames } of clients) frames.push(...client.take());
  const answers = clients.flatMap(({ id, frames, hasEnded }) =>
    CHANNELS.map((channel) =>
      frames
        .filter(({ event }) => event !== 'client-e' && !event.includes('member_'))
        .filter((frame) => !hasEnded && JSON.stringify(frame).includes(channel))
        .map(({ event }) => `${id} ${channel} ${event}`),
    ),
  );
  return { left, answers };
}

it('late answers lead to the same end as answers at once, for any messages of clients', async () => {
  const turns = fc.array(fc.nat(30), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(script, turns, async (steps, delays) => {
      const local = newApp();
      const expected = await follow(steps, local, local);
      const lateLocal = newApp();
      let call = 0;
      const late = new LateApp(lateLocal, async () => {
        call += 1;
        for (let n = delays[call % delays.length] ?? 0; n > 0; n -= 1) await Promise.resolve();
      });
      expect(await follow(steps, late, lateLocal)).toEqual(expected);
    }),
  );
});
