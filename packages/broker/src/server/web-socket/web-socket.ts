import type { Duplex } from 'node:stream';
import type { UnreadWriter } from '@rollcall/runtime';
import { END_TIMEOUT_MS } from './end-connection.ts';
import { encodeClose, encodePong } from './frame.ts';
import type { FrameOutput } from './frame-output.ts';
import { FrameReader } from './frame-reader.ts';
import type { FrameHandler } from './frame-reader.ts';

const NOTHING = Buffer.alloc(0);

/** Whom a WebSocket serves. After `closed` nothing is called, and after a close that was sent only `cut` and `closed`. */
export interface WebSocketListener {
  text(message: string): void;
  binary(): void;
  /** The client has sent a ping or a pong. */
  activity(): void;
  /** The connection is cut, because its client has left so many bytes unread. */
  cut(unreadBytes: number): void;
  closed(): void;
}

export interface WebSocketOptions {
  /** The upgraded connection. */
  readonly socket: Duplex;
  readonly output: FrameOutput;
  /** Whether messages may be compressed (RFC 7692). */
  readonly mayCompress: boolean;
  readonly listener: WebSocketListener;
}

export interface Opening {
  /** What the upgrade is answered with. */
  readonly response: string;
  /** A text that is sent with it. */
  readonly greeting: string;
  /** What the client has sent behind its request. */
  readonly first: Buffer;
}

/** One for all connections: a closure for each would take memory. */
function destroy(this: Duplex): void {
  this.destroy();
}

/** The broker's side of one WebSocket (RFC 6455). */
export class WebSocket implements FrameHandler, UnreadWriter {
  readonly #socket: Duplex;
  readonly #output: FrameOutput;
  readonly #mayCompress: boolean;
  readonly #listener: WebSocketListener;
  readonly #reader: FrameReader;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Neither side has closed. */
  #isOpen = true;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor({ socket, output, mayCompress, listener }: WebSocketOptions) {
    this.#socket = socket;
    this.#output = output;
    this.#mayCompress = mayCompress;
    this.#listener = listener;
    this.#reader = new FrameReader(this, mayCompress);
  }

  /** Bytes that the kernel has not yet accepted, because the client has not read enough. */
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#pendingBytes;
  }

  /** Sends the response and the greeting, and starts to read. */
  open({ response, greeting, first }: Opening): void {
    const socket = this.#socket;
    this.#push(Buffer.from(response, 'latin1'));
    this.send(greeting);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // The client is gone without a close, but perhaps has yet to be heard.
    socket.on('end', () => this.#read(NOTHING));
    socket.on('error', destroy);
    socket.on('close', () => this.#closed());
    this.#read(first);
  }

  /** Sends a text. Does nothing after a close. */
  send(text: string): void {
    if (this.#isOpen) this.#push(this.#output.encode(text, this.#mayCompress));
  }

  /** Writes the pending frames now. */
  flush(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const bytes = this.#pending.length === 1 ? first : this.#output.join(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#socket.write(bytes);
    this.#output.countUnread(this, this.#socket.writableLength);
  }

  /**
   * Closes after the frames that were sent. The client has a second to answer.
   * @param code `undefined` for none.
   */
  close(code: number | undefined, reason: string): void {
    if (!this.#isOpen) return;
    this.#push(encodeClose(code, reason));
    this.flush();
    // Nothing may come after a close (RFC 6455 §5.5.1).
    this.#isOpen = false;
    this.#closeTimer = setTimeout(() => this.#socket.destroy(), END_TIMEOUT_MS);
  }

  /** Cuts the connection without a close frame, which the client would not read either. */
  disconnect(): void {
    const unreadBytes = this.unsentBytes;
    this.#isOpen = false;
    this.#reader.stop();
    this.#forget();
    this.#listener.cut(unreadBytes);
    // The listener hears of the end later: this may be one of many writes of a broadcast.
    this.#socket.destroy();
  }

  text(message: string): void {
    // Frames still come after a close was sent.
    if (this.#isOpen) this.#listener.text(message);
  }

  binary(): void {
    if (this.#isOpen) this.#listener.binary();
  }

  ping(payload: Buffer): void {
    if (!this.#isOpen) return;
    this.#listener.activity();
    this.#push(encodePong(payload));
  }

  pong(): void {
    if (this.#isOpen) this.#listener.activity();
  }

  peerClosed(code: number | undefined): void {
    this.close(code, '');
    this.#end();
  }

  failed(code: number, reason: string): void {
    this.close(code, reason);
    this.#end();
  }

  #read(chunk: Buffer): void {
    const socket = this.#socket;
    if (this.#reader.read(chunk)) {
      if (socket.readableEnded) this.#end();
      return;
    }
    socket.pause();
    setImmediate(() => {
      socket.resume();
      this.#read(NOTHING);
    });
  }

  /** Sends what is pending and then the end. The client has a second to end as well. */
  #end(): void {
    this.flush();
    this.#isOpen = false;
    this.#reader.stop();
    this.#closeTimer ??= setTimeout(() => this.#socket.destroy(), END_TIMEOUT_MS);
    this.#socket.end();
  }

  #closed(): void {
    clearTimeout(this.#closeTimer);
    this.#isOpen = false;
    this.#reader.stop();
    this.#forget();
    this.#listener.closed();
  }

  #push(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pending.push(bytes) === 1) this.#output.flushLater(this);
    if (this.unsentBytes > this.#output.maxUnreadBytes) this.disconnect();
  }

  /** Drops what is pending, and counts nothing of this connection as unread any more. */
  #forget(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#output.countUnread(this, 0);
  }
}
