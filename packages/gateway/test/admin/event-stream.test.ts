import { describe, expect, it } from 'vitest';
import { UnreadBudget } from '@rollcall/runtime';
import { EventStreams } from '../../src/admin/event-stream.ts';
import type { Event } from '../../src/admin/event-log.ts';
import { EPOCH, setup } from './setup.ts';

/** Server-sent events as they come: name, id and data. */
async function* eventsOf(answer: Response): AsyncGenerator<[string, string, never]> {
  let rest = '';
  for await (const chunk of answer.body ?? []) {
    rest += new TextDecoder().decode(chunk);
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = '', id = '', data = ''] =
        /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(block) ?? [];
      yield [event, id, JSON.parse(data) as never];
    }
  }
}

describe('the stream of events', () => {
  it('starts with the whole state, followed by each event', async () => {
    const { ask, say, state, probed } = setup();
    say('register', 'a');
    const answer = await ask('/api/changes');
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const events = eventsOf(answer);
    const [event, id, first] = (await events.next()).value as [string, string, object];
    expect([event, id]).toEqual(['state', '1']);
    expect(first).toMatchObject({
      status: { services: 1 },
      services: [{ prefix: '/v1' }],
      instances: [{ key: 'a' }],
      recent: [{ id: 1, type: 'registered' }],
    });
    state.now = 70;
    probed('a', 'refused');
    expect((await events.next()).value).toMatchObject([
      'change',
      '2',
      {
        id: 2,
        at: new Date(EPOCH + 70).toISOString(),
        type: 'down',
        reason: 'its port refuses connections',
        message: 'instance down /v1 -> http://10.0.0.1:1 (its port refuses connections)',
        instance: { key: 'a', status: 'down', isRoutable: false },
      },
    ]);
    say('exit', 'a');
    const { value } = await events.next();
    expect((value?.[2] as Event | undefined)?.instance?.isRoutable).toBe(false);
    await events.return(undefined);
  });

  it('has events of the link, of refused messages and of id conflicts', async () => {
    const { ask, say, events, disconnected } = setup();
    say('register', 'a');
    const stream = eventsOf(await ask('/api/changes'));
    await stream.next();
    disconnected();
    events.emit('refused', 'register', { code: 'bad-port', reason: 'port is 0' });
    say('register', 'a', { port: 9 });
    for (const type of ['disconnected', 'refused', 'conflict'])
      expect((await stream.next()).value?.[2]).toMatchObject({ type });
    await stream.return(undefined);
  });

  it('disconnects a listener that does not read, and buffers nothing for one that left', async () => {
    const { ask, events } = setup();
    const slow = await ask('/api/changes');
    const gone = await ask('/api/changes');
    await gone.body?.cancel();
    const reason = 'x'.repeat(1000);
    for (let count = 0; count < 1200; count++) events.emit('rejected', reason);
    await expect(slow.text()).rejects.toThrow('does not keep up');
  });

  it('answers with 503 when there are too many listeners', async () => {
    const { ask } = setup();
    for (let count = 0; count < 100; count++) expect((await ask('/api/changes')).status).toBe(200);
    expect((await ask('/api/changes', { method: 'HEAD' })).status).toBe(200);
    const answer = await ask('/api/changes');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'too-many-listeners' });
  });
});

const eventOf = (message: string): Event => ({
  id: 1,
  at: 0,
  type: 'disconnected',
  reason: '',
  message,
});

/** Streams of a log that passes on what the test says. */
function streamsOf(unread?: UnreadBudget) {
  const listeners = new Set<(each: Event) => void>();
  const log = {
    lastId: 0,
    get listeners() {
      return listeners.size;
    },
    listen(listener: (each: Event) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const say = (message: string): void => {
    const each = eventOf(message);
    for (const listener of listeners) listener(each);
  };
  const streams = new EventStreams(log, unread);
  return { log, say, open: () => streams.open({})?.getReader() };
}

describe('the streams of all listeners', () => {
  it('share the bytes of an event', async () => {
    const { say, open } = streamsOf();
    const [one, other] = [open(), open()];
    say('x');
    await one?.read();
    await other?.read();
    const { value } = (await one?.read()) ?? {};
    expect(value).toBeDefined();
    expect((await other?.read())?.value).toBe(value);
    await one?.cancel();
    await other?.cancel();
  });

  it('are disconnected, the largest first, when too much waits for all of them together', async () => {
    const { log, say, open } = streamsOf(new UnreadBudget(10_000));
    const slow = Array.from({ length: 5 }, open);
    const fast = open();
    await fast?.read();
    for (let count = 0; count < 4; count++) {
      say('x'.repeat(1000));
      await fast?.read();
    }
    expect(log.listeners).toBeLessThan(6);
    say('last');
    const { value } = (await fast?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toContain('last');
    for (const reader of [...slow, fast]) await reader?.cancel().catch(() => {});
  });
});
