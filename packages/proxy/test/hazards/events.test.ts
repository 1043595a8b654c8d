import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { afterwards, start, to, upstream } from '../harness.ts';

/** An upstream whose streams of events stay open, and that sends events on demand. */
async function telling() {
  const open = new Set<ServerResponse>();
  const there = await upstream((request, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // The last event that a client got before it came back.
    const since = String(request.headers['last-event-id'] ?? 'ever');
    response.write(`data: since ${since}\n\n`);
    afterwards(() => response.destroy());
  });
  function tell(id: number): void {
    for (const response of open) response.write(`id: ${id}\ndata: number ${id}\n\n`);
  }
  return { there, tell, open };
}

/** Reads a stream of events as the EventSource of a browser does, as far as the test needs it. */
class EventReader {
  readonly #response: IncomingMessage;
  readonly #events: string[] = [];
  #held = '';
  lastEventId = '';

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8').on('data', (text: string) => {
      const events = (this.#held + text).split('\n\n');
      this.#held = events.pop() ?? '';
      for (const event of events) {
        this.lastEventId = /^id: (?<id>.*)$/m.exec(event)?.groups?.['id'] ?? this.lastEventId;
        this.#events.push(/^data: (?<data>.*)$/m.exec(event)?.groups?.['data'] ?? '');
      }
      response.emit('events');
    });
    response.on('error', () => {});
  }

  async next(): Promise<string> {
    while (this.#events.length === 0) await once(this.#response, 'events');
    return this.#events.shift() ?? '';
  }

  leave(): void {
    this.#response.destroy();
  }
}

async function listenTo(port: number, headers: Record<string, string> = {}): Promise<EventReader> {
  const accept = { accept: 'text/event-stream', ...headers };
  const request = httpRequest({ port, host: '127.0.0.1', agent: false, headers: accept }).end();
  // What comes after the head is the response's too.
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.headers['content-type']).toBe('text/event-stream');
  return new EventReader(response);
}

describe('a stream of events', () => {
  it('reaches its client event by event, as each is sent', async () => {
    const { there, tell } = await telling();
    const { port } = await start(to(there));
    const events = await listenTo(port);
    expect(await events.next()).toBe('since ever');
    for (const id of [1, 2, 3]) {
      // Nothing else is sent that could push it on.
      tell(id);
      expect(await events.next()).toBe(`number ${id}`);
    }
  });

  it('whose client leaves releases the upstream, and continues where it was when the client returns', async () => {
    const { there, tell, open } = await telling();
    const { port } = await start(to(there));
    const [leaving, staying] = [await listenTo(port), await listenTo(port)];
    await Promise.all([leaving.next(), staying.next()]);
    tell(7);
    await leaving.next();
    leaving.leave();
    await expect.poll(() => open.size).toBe(1);
    tell(8);
    expect([await staying.next(), await staying.next()]).toEqual(['number 7', 'number 8']);
    const again = await listenTo(port, { 'last-event-id': leaving.lastEventId });
    expect(await again.next()).toBe('since 7');
  });
});
