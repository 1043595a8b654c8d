import { UnreadBudget, withIsoTimes } from '@rollcall/runtime';
import type { UnreadWriter } from '@rollcall/runtime';
import type { Event, EventLog } from './event-log.ts';

/** Proxies on the way often close a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** How much may wait for a listener that does not read, besides the first event. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_LISTENERS = 100;

type Listenable = Pick<EventLog, 'listeners' | 'lastId' | 'listen'>;

/**
 * Streams server-sent events (HTML §9.2): first the whole `state`, then a `change` for each event. A listener that
 * reconnects gets the state again, so the gateway keeps nothing for it. A listener that does not keep up is
 * disconnected.
 */
export class EventStreams {
  readonly #log: Listenable;
  readonly #unread: UnreadBudget;
  /** Encoded once for all listeners. */
  readonly #encoded = new WeakMap<Event, Uint8Array>();

  /** @param unread bounds what waits for all listeners together */
  constructor(log: Listenable, unread: UnreadBudget = new UnreadBudget()) {
    this.#log = log;
    this.#unread = unread;
  }

  /**
   * @param state the first event
   * @param hold gets a function that ends the stream, and returns one that is called when it has ended
   * @returns undefined if there are too many listeners
   */
  open(
    state: unknown,
    hold: (end: () => void) => () => void = () => () => {},
  ): ReadableStream<Uint8Array> | undefined {
    if (this.#log.listeners >= MAX_LISTENERS) return undefined;
    const first = encode('state', this.#log.lastId, state);
    const queue = new ListenerQueue(first, this.#unread);
    const heartbeat = setInterval(() => queue.send(HEARTBEAT), HEARTBEAT_MS);
    const stop = this.#log.listen((event) => queue.send(this.#encode(event)));
    const release = hold(() => queue.end());
    queue.onEnd(() => {
      clearInterval(heartbeat);
      stop();
      release();
    });
    return queue.stream();
  }

  #encode(event: Event): Uint8Array {
    const encoded = this.#encoded.get(event) ?? encode('change', event.id, event);
    this.#encoded.set(event, encoded);
    return encoded;
  }
}

/** What waits for one listener, which has read a chunk when it asks for the next. */
class ListenerQueue implements UnreadWriter {
  readonly #chunks: Uint8Array[];
  readonly #maxBytes: number;
  readonly #unread: UnreadBudget;
  /** Of the chunks, and of the one that the listener reads. */
  #bytes: number;
  #readingBytes = 0;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The listener has read everything. */
  #isIdle = false;
  #end = (): void => {};

  constructor(first: Uint8Array, unread: UnreadBudget) {
    this.#chunks = [first];
    this.#bytes = first.byteLength;
    this.#maxBytes = first.byteLength + MAX_WAITING_BYTES;
    this.#unread = unread;
  }

  get unsentBytes(): number {
    return this.#bytes;
  }

  onEnd(end: () => void): void {
    this.#end = end;
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          this.#unread.count(this, this.#bytes);
        },
        pull: () => {
          this.#bytes -= this.#readingBytes;
          this.#readingBytes = 0;
          this.#unread.count(this, this.#bytes);
          this.#isIdle = true;
          this.#pass();
        },
        cancel: () => this.#finish(),
      },
      // Nothing is taken from the queue before the listener asks for it.
      { highWaterMark: 0 },
    );
  }

  send(chunk: Uint8Array): void {
    if (this.#bytes + chunk.byteLength > this.#maxBytes) return this.disconnect();
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    this.#pass();
    this.#unread.count(this, this.#bytes);
  }

  /** Ends the stream before it has sent all. */
  end(): void {
    this.#finish();
    this.#controller?.close();
  }

  disconnect(): void {
    this.#finish();
    this.#controller?.error(new Error('the listener does not keep up'));
  }

  #pass(): void {
    const chunk = this.#isIdle ? this.#chunks.shift() : undefined;
    if (chunk === undefined) return;
    this.#isIdle = false;
    this.#readingBytes = chunk.byteLength;
    this.#controller?.enqueue(chunk);
  }

  #finish(): void {
    this.#end();
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#readingBytes = 0;
    this.#unread.count(this, 0);
  }
}

const HEARTBEAT = new TextEncoder().encode(':\n\n');

/** JSON.stringify writes no line breaks, so one `data` line is enough. */
function encode(event: string, id: number, data: unknown): Uint8Array {
  return new TextEncoder().encode(
    `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(withIsoTimes(data))}\n\n`,
  );
}
