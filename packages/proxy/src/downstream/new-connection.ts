import type { Context } from '../context.ts';
import { PREFACE } from '../http2/frames.ts';
import type { ClientSocket } from '../proxy.ts';
import { DirectSocket } from '../sockets/read-into.ts';
import type { TakeBytes, Taken } from '../sockets/read-into.ts';
import type { Client } from './client.ts';

/** The versions of HTTP that a connection may speak. */
export type HttpVersion = 'http1' | 'http2';

/** A connection without TLS whose first bytes decide what it speaks: HTTP/2 begins with a preface (RFC 9113 §3.3). */
export class NewConnection implements Client {
  readonly #socket: ClientSocket;
  readonly #context: Context;
  readonly #serve: (version: HttpVersion) => TakeBytes;
  /** What has come, if it may become the preface. */
  #held = Buffer.alloc(0);
  readonly #onData = (bytes: Buffer): void => {
    this.#read(bytes);
  };
  readonly #onEnd = (): void => {
    this.#socket.destroySoon();
  };
  deadline: number;

  /** @param serve makes the connection of that version, which replaces this one, and returns what reads its bytes */
  constructor(socket: ClientSocket, context: Context, serve: (version: HttpVersion) => TakeBytes) {
    this.#socket = socket;
    this.#context = context;
    this.#serve = serve;
    this.deadline = context.clock.after(context.limits.idleMs);
    if (socket instanceof DirectSocket) socket.onBytes = (bytes) => this.#read(bytes);
    else socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
  }

  get isIdle(): boolean {
    return this.#held.length === 0;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  evict(): void {
    this.#socket.destroy();
  }

  cut(): void {
    this.#socket.destroy();
  }

  check(now: number): void {
    if (now < this.deadline) return;
    if (this.isIdle) this.#socket.destroy();
    else this.#begin('http1', this.#held);
  }

  leave(): void {
    this.#socket.destroySoon();
  }

  #read(bytes: Buffer): Taken {
    const all = this.isIdle ? bytes : Buffer.concat([this.#held, bytes]);
    const start = all.toString('latin1', 0, PREFACE.length);
    if (!PREFACE.startsWith(start)) return this.#begin('http1', all);
    if (start === PREFACE) return this.#begin('http2', all);
    if (this.isIdle) this.deadline = this.#context.clock.after(this.#context.limits.headMs);
    this.#held = Buffer.from(all);
    return 'over';
  }

  #begin(version: HttpVersion, bytes: Buffer): Taken {
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('error', ignore);
    return this.#serve(version)(bytes);
  }
}

function ignore(): void {}
