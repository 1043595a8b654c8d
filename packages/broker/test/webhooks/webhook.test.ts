import { beforeEach, expect, it, vi } from 'vitest';
import { Counters } from '../../src/app/counters.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { MAX_EVENTS, WebhookMemory } from '../../src/webhooks/webhook-memory.ts';
import { BATCH_MS, MAX_AGE_MS, Webhook } from '../../src/webhooks/webhook.ts';
import type { Post, PostFailure } from '@rollcall/runtime';
import { loggerTo } from '../../../../test/support/log.ts';

const app = { appId: '1', key: 'key', secret: 'secret' };
const url = 'https://user:password@hooks.example/secret-path';

let posts: Post[];
let logged: string[];
let counters: Counters;
let memory: WebhookMemory;
/** Why a request fails; nothing if it is accepted. */
let answer: (events: readonly WebhookEvent[]) => PostFailure | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  [posts, logged] = [[], []];
  counters = new Counters();
  memory = new WebhookMemory();
  answer = () => undefined;
  return () => vi.useRealTimers();
});

const refused: PostFailure = { reason: 'status 500', isUnreachable: false };
const unreachable: PostFailure = { reason: 'ECONNREFUSED', isUnreachable: true };

function webhook(options = {}): Webhook {
  return new Webhook({ url, ...options }, app, {
    counters,
    memory,
    logger: loggerTo(logged),
    clock: () => Date.now(),
    post: async (sent) => {
      posts.push(sent);
      return answer(eventsOf(sent));
    },
    wait: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        setTimeout(() => (signal.aborted ? reject(new Error('aborted')) : resolve()), ms);
      }),
  });
}

const event = (n: number): WebhookEvent => ({ name: 'channel_occupied', channel: `c${n}` });
const member = (n: number): WebhookEvent => ({
  name: 'member_removed',
  channel: 'presence-room',
  user_id: `${n}`,
});
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));
const eventsOf = ({ body }: Post) => (JSON.parse(body) as { events: WebhookEvent[] }).events;
const channelOf = (each: WebhookEvent | undefined) => each?.channel ?? '';
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

it('sends events of a short time in one request, at most 100, in order', async () => {
  const hook = webhook();
  for (const each of events(101)) hook.push(each);
  await vi.advanceTimersByTimeAsync(3 * BATCH_MS);
  expect(posts.flatMap(eventsOf)).toEqual(events(101));
  expect(posts.map((post) => eventsOf(post).length)).toEqual([100, 1]);
  expect(counters.webhookEventsSent).toBe(101);
});

it('sends the time, the key and a signature of the body', async () => {
  webhook().push(event(1));
  await seconds(1);
  const [post] = posts;
  expect(JSON.parse(post?.body ?? '')).toEqual({ time_ms: expect.any(Number), events: [event(1)] });
  expect(post?.headers).toEqual({
    'content-type': 'application/json',
    'x-pusher-key': 'key',
    'x-pusher-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

it('sends only the events that it is configured for', async () => {
  const hook = webhook({ events: ['member_added'] });
  const added: WebhookEvent = { name: 'member_added', channel: 'presence-a', user_id: 'ann' };
  hook.push(event(1));
  hook.push(added);
  await seconds(1);
  expect(posts.flatMap(eventsOf)).toEqual([added]);
});

it('an event that is refused holds up no other', async () => {
  const accepted: string[] = [];
  answer = (batch) => {
    if (batch.some((each) => channelOf(each) === 'c37')) return refused;
    accepted.push(...batch.map(channelOf));
    return undefined;
  };
  const hook = webhook();
  for (const each of events(250)) hook.push(each);
  await seconds(3);
  const others = events(250).filter((_, n) => n !== 37);
  expect(accepted).toEqual(others.map(channelOf));
  // Not the whole batch again and again: a few requests to find it, then one for each retry.
  expect(posts.length).toBeLessThan(60);
  answer = () => undefined;
  await seconds(5);
  expect(posts.slice(-1).map(eventsOf)).toEqual([[event(37)]]);
  expect(counters.webhookEventsSent).toBe(250);
});

it('a kind of event that is always refused holds up no other kind', async () => {
  const accepted: string[] = [];
  answer = (batch) => {
    if (batch.some(({ name }) => name === 'cache_miss')) return refused;
    accepted.push(...batch.map(channelOf));
    return undefined;
  };
  const hook = webhook();
  for (const { channel } of events(40) as { channel: string }[]) {
    hook.push({ name: 'cache_miss', channel });
    hook.push({ name: 'channel_occupied', channel });
  }
  await seconds(5);
  expect(accepted).toEqual(events(40).map(channelOf));
});

it.each([
  ['refused connections', unreachable],
  ['responded with 500', refused],
])(
  'a receiver that %s for two minutes has all events within seconds after it is back',
  async (_name, failure) => {
    const accepted = new Set<string>();
    answer = () => failure;
    const hook = webhook();
    for (const each of events(500)) hook.push(each);
    await seconds(120);
    // About 20 requests a second at most, however many events wait.
    expect(posts.length).toBeLessThan(120 * 21);
    answer = (batch) => {
      for (const each of batch) accepted.add(channelOf(each));
      return undefined;
    };
    await seconds(7);
    expect(accepted.size).toBe(500);
    expect(counters.webhookEventsSent).toBe(500);
  },
);

it('repeats a request with the same body to a receiver that could not be reached', async () => {
  answer = () => (posts.length < 4 ? unreachable : undefined);
  const hook = webhook();
  hook.push(event(1));
  await seconds(1);
  hook.push(event(2));
  await seconds(9);
  expect(posts).toHaveLength(5);
  expect(new Set(posts.slice(0, 4).map(({ body }) => body)).size).toBe(1);
  expect(posts.slice(4).map(eventsOf)).toEqual([[event(2)]]);
});

it.each([unreachable, refused])(
  'drops an event after five minutes of %j, and logs it without the secrets of the URL',
  async (failure) => {
    answer = () => failure;
    const hook = webhook();
    hook.push(event(1));
    await seconds(MAX_AGE_MS / 1_000 - 5);
    expect(counters.webhookEventsDropped).toBe(0);
    await seconds(11);
    expect(counters.webhookEventsDropped).toBe(1);
    expect(logged).toEqual([
      `webhook failed: will retry url=https://hooks.example reason=${failure.reason}`,
      `webhook failed for five minutes: events dropped url=https://hooks.example reason=${failure.reason} events=1`,
    ]);
    answer = () => undefined;
    hook.push(event(2));
    await seconds(6);
    expect(counters.webhookEventsSent).toBe(1);
  },
);

it('keeps up to 10,000 events for an unresponsive server, and counts the rest as dropped', () => {
  const hook = webhook();
  for (let n = 0; n < MAX_EVENTS + 2; n += 1) hook.push(member(n));
  expect(counters.webhookEventsDropped).toBe(2);
  hook.close();
  expect(logged[0]).toMatch(/^too many events wait for a webhook: dropped /);
});

it('has room for the events of other channels, however many public ones clients cause', async () => {
  const hook = webhook();
  answer = () => unreachable;
  for (let n = 0; n < 2 * MAX_EVENTS; n += 1) hook.push(event(n));
  for (let n = 0; n < 10; n += 1) hook.push(member(n));
  expect(counters.webhookEventsDropped).toBe(2 * MAX_EVENTS - MAX_EVENTS / 2);
  answer = () => undefined;
  await seconds(30);
  expect(posts.flatMap(eventsOf).slice(-10)).toEqual(
    Array.from({ length: 10 }, (_, n) => member(n)),
  );
});

it('sends nothing after it is closed', async () => {
  const hook = webhook();
  hook.push(event(1));
  hook.close();
  await seconds(1);
  expect(posts).toEqual([]);
});

it('has other options from when it is configured, for events that wait too', async () => {
  const hook = webhook();
  hook.push(event(1));
  hook.configure({ url, events: ['member_added'] }, { ...app, key: 'new-key' });
  hook.push(event(2));
  await seconds(1);
  expect(posts.map(eventsOf)).toEqual([[event(1)]]);
  expect(posts[0]?.headers['x-pusher-key']).toBe('new-key');
});

const large = (n: number): WebhookEvent => ({
  name: 'client_event',
  channel: `private-${n}`,
  event: 'client-x',
  data: 'x'.repeat(10_000),
  socket_id: '1.1',
});

it('drops events that all webhooks together have no memory for, and has it again later', async () => {
  memory = new WebhookMemory(100_000);
  answer = () => unreachable;
  const hooks = [webhook(), webhook({ url: 'https://other.example' })];
  for (let n = 0; n < 20; n++) for (const hook of hooks) hook.push(large(n));
  expect(counters.webhookEventsDropped).toBe(40 - 9);
  hooks[1]?.close();
  answer = () => undefined;
  await seconds(10);
  expect(counters.webhookEventsSent).toBe(5);
  for (let n = 0; n < 9; n++) hooks[0]?.push(large(n));
  await seconds(10);
  expect(counters.webhookEventsSent).toBe(5 + 9);
});
