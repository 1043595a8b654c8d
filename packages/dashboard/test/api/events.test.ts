import { describe, expect, it } from 'vitest';
import { readEvents } from '../../src/api/events.ts';
import type { ServerEvent } from '../../src/api/events.ts';

async function eventsOf(text: string, chunk: number): Promise<ServerEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += chunk)
        controller.enqueue(bytes.slice(at, at + chunk));
      controller.close();
    },
  });
  const events: ServerEvent[] = [];
  for await (const event of readEvents(stream)) events.push(event);
  return events;
}

describe('server-sent events', () => {
  const text =
    'event: state\nid: 1\ndata: {"a":"ü: x"}\n\n:\n\nevent: change\nid: 2\ndata: 2\n\nevent: cut';

  it.each([1, 2, 7, 1000])(
    'are parsed from chunks of %i bytes, without comments and incomplete events',
    async (size) => {
      expect(await eventsOf(text, size)).toEqual([
        { event: 'state', data: '{"a":"ü: x"}' },
        { event: 'change', data: '2' },
      ]);
    },
  );

  it('cancel the body when the reader stops', async () => {
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('event: x\ndata: 1\n\n')),
      cancel: () => {
        isCancelled = true;
      },
    });
    for await (const { event } of readEvents(stream)) {
      expect(event).toBe('x');
      break;
    }
    expect(isCancelled).toBe(true);
  });
});
