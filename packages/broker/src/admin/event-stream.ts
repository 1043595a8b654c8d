import type { ServerResponse } from 'node:http';
import { withIsoTimes } from '@rollcall/runtime';
import { SECURITY_HEADERS } from '@rollcall/runtime/admin';
import type { EventLog } from '../event-log/event-log.ts';
import type { EventFilter } from '../event-log/event-watch.ts';

/** Proxies on the way often close a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;

/** Each has up to some 100 KB waiting for it. */
export const MAX_EVENT_STREAMS = 16;

/** Streams of events to operators, as server-sent events. */
export class EventStreams {
  readonly #open = new Set<() => void>();

  /** Whether there is room for one more. */
  get hasRoom(): boolean {
    return this.#open.size < MAX_EVENT_STREAMS;
  }

  /**
   * Sends events until the client leaves, the app is removed, or the broker closes.
   * @param hold gets a function that ends the stream, and returns one that is called when it has ended
   */
  open(
    response: ServerResponse,
    log: EventLog,
    filter: EventFilter,
    hold: (end: () => void) => () => void,
  ): void {
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'cache-control': 'no-store',
      'content-type': 'text/event-stream',
    });
    // Sends the head, so that the client knows from when on it is sent events.
    response.write(':\n\n');
    const watch = log.watch(
      filter,
      (batch) => {
        // A client that does not read has one batch waiting for it, and what does not fit is counted.
        if (response.writableNeedDrain) return false;
        response.write(`event: events\ndata: ${JSON.stringify(withIsoTimes(batch))}\n\n`);
        return true;
      },
      () => response.end(),
    );
    const heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(':\n\n');
    }, HEARTBEAT_MS);
    const end = (): void => watch.close();
    this.#open.add(end);
    const release = hold(end);
    response.once('close', () => {
      clearInterval(heartbeat);
      this.#open.delete(end);
      release();
      watch.close();
    });
  }

  close(): void {
    for (const end of this.#open) end();
  }
}
