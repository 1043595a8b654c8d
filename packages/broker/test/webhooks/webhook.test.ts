import { beforeEach, expect, it, vi } from 'vitest';
import { Counters } from '../../src/app/counters.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { MAX_PENDING, RETRY_DELAYS_MS, Webhook } from '../../src/webhooks/webhook.ts';
import type { Post } from '../../src/webhooks/post.ts';
import { loggerTo } from '../../../../test/support/log.ts';

const BATCH_MS = 50;
const app = { appId: '1', key: 'key', secret: 'secret' };
const url = 'https://user:password@hooks.example/secret-path';

let posts: Post[];
let waits: number[];
let logged: string[];
let counters: Counters;
/** The next responses of the server; 200 after the last. */
let answers: (number | Error)[];

beforeEach(() => {
  [posts, waits, logged, answers] = [[], [], [], []];
  counters = new Counters();
});

function webhook(options = {}): Webhook {
  return new Webhook(
    { url, ...options },
    {
      app,
      counters,
      logger: loggerTo(logged),
      post: async (sent) => {
        posts.push(sent);
        const answer = answers.shift() ?? 200;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      wait: async (ms, signal) => {
        waits.push(ms);
        await Promise.resolve();
        signal.throwIfAborted();
      },
    },
  );
}

const event = (n: number): WebhookEvent => ({ name: 'channel_occupied', channel: `c${n}` });
const eventsOf = ({ body }: Post) => (JSON.parse(body) as { events: WebhookEvent[] }).events;

it('sends events of a short time in one request, at most 100, in order', async () => {
  const hook = webhook();
  const events = Array.from({ length: 101 }, (_, n) => event(n));
  for (const each of events) hook.push(each);
  await vi.waitFor(() => expect(posts).toHaveLength(2));
  expect(posts.flatMap(eventsOf)).toEqual(events);
  expect(posts.map((post) => eventsOf(post).length)).toEqual([100, 1]);
  await vi.waitFor(() => expect(counters.webhookEventsSent).toBe(101));
});

it('sends the time, the key and a signature of the body', async () => {
  webhook().push(event(1));
  await vi.waitFor(() => expect(posts).toHaveLength(1));
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
  await vi.waitFor(() => expect(posts).toHaveLength(1));
  expect(posts.flatMap(eventsOf)).toEqual([added]);
});

it('retries with doubled delays and the same body', async () => {
  answers = [500, 301, new Error('refused')];
  webhook().push(event(1));
  await vi.waitFor(() => expect(counters.webhookEventsSent).toBe(1));
  expect(waits).toEqual([BATCH_MS, 1_000, 2_000, 4_000]);
  expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
});

it('gives up within five minutes, logs it without the secrets of the URL, and continues', async () => {
  answers = Array.from({ length: RETRY_DELAYS_MS.length + 1 }, () => 503);
  const hook = webhook();
  hook.push(event(1));
  await vi.waitFor(() => expect(counters.webhookEventsDropped).toBe(1));
  const total = RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay, 0);
  expect(total).toBeLessThanOrEqual(300_000);
  expect(total + 2 * (RETRY_DELAYS_MS.at(-1) ?? 0)).toBeGreaterThan(300_000);
  expect(logged).toEqual([
    'webhook failed after 8 retries: events dropped url=https://hooks.example reason=status 503 events=1',
  ]);
  hook.push(event(2));
  await vi.waitFor(() => expect(counters.webhookEventsSent).toBe(1));
});

it('keeps up to 10,000 events for an unresponsive server, and counts the rest as dropped', () => {
  const hook = webhook();
  for (let n = 0; n < MAX_PENDING + 2; n += 1) hook.push(event(n));
  expect(counters.webhookEventsDropped).toBe(2);
  hook.close();
});

it('sends nothing after it is closed', async () => {
  const hook = webhook();
  hook.push(event(1));
  hook.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(posts).toEqual([]);
});
