import type { Context } from '../context.ts';
import { PREFACE } from '../http2/frames.ts';
import type { ClientSocket } from '../proxy.ts';
import type { Taken, Taker } from '../sockets/read-into.ts';
import type { Client } from './client.ts';

/** The versions of HTTP that a connection may speak. */
export type HttpVersion = 'http1' | 'http2';

/** A connection without TLS whose first bytes decide what it speaks: HTTP/2 begins with a preface (RFC 9113 §3.3). */
export class NewConnection implements Client {
  readonly #socket: ClientSocket;
  readonly #context: Context;
  readonly #serve: (version: HttpVersion) => Taker;
  /** What has come, if it may become the preface. */
  #held = Buffer.alloc(0);
  deadline: number;

  /** @param serve makes the connection of that version, which replaces this one */
  constructor(socket: ClientSocket, context: Context, serve: (version: HttpVersion) => Taker) {
    this.#socket = socket;
    this.#context = context;
    this.#serve = serve;
    this.deadline = context.clock.after(context.limits.idleMs);
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

  onDrain(): void {}

  onEnd(): void {
    this.#socket.destroySoon();
  }

  onClose(): void {}

  take(bytes: Buffer): Taken {
    const all = this.isIdle ? bytes : Buffer.concat([this.#held, bytes]);
    const start = all.toString('latin1', 0, PREFACE.length);
    if (!PREFACE.startsWith(start)) return this.#begin('http1', all);
    if (start === PREFACE) return this.#begin('http2', all);
    if (this.isIdle) this.deadline = this.#context.clock.after(this.#context.limits.headMs);
    this.#held = Buffer.from(all);
    return 'over';
  }

  #begin(version: HttpVersion, bytes: Buffer): Taken {
    return this.#serve(version).take(bytes);
  }
}
