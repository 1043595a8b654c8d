import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { closeFrame, FrameTracker } from '../http1/websocket-frames.ts';
import { MORE } from '../message.ts';
import type { BodyEnd } from '../message.ts';

/** How long one side may send nothing after the other has ended: then it has left too, or never ends. */
const END_MS = 5000;

/** One end of a tunnel: a client stream, or an upstream connection. */
export interface TunnelEnd {
  /** @returns false if it should be given time to take them */
  write(parts: readonly Buffer[], end: BodyEnd): boolean;
  pause(): void;
  resume(): void;
}

/**
 * Joins a client and an upstream that have agreed on WebSocket: bytes pass both ways, each side as fast as the other
 * takes them, and an end passes as an end.
 */
export class Tunnel {
  readonly #upstream: TunnelEnd;
  readonly #up: Direction;
  readonly #down: Direction;
  readonly #clock: Clock;
  /** By the clock, when the side that goes on is given up. */
  #deadline = Infinity;

  constructor(client: TunnelEnd, upstream: TunnelEnd, clock: Clock) {
    this.#clock = clock;
    this.#upstream = upstream;
    // A client masks its frames (RFC 6455 §5.3), and to the upstream we are the client.
    this.#up = new Direction(client, upstream, () => closeFrame(randomBytes(4)));
    this.#down = new Direction(upstream, client, () => closeFrame());
  }

  fromClient(parts: readonly Buffer[], end: BodyEnd): void {
    this.#up.pass(parts, end);
    this.#passed();
  }

  fromUpstream(parts: readonly Buffer[], end: BodyEnd): void {
    this.#down.pass(parts, end);
    this.#passed();
  }

  /** Whether one side has ended, and the other has been silent for too long since. @param now by the clock */
  isOver(now: number): boolean {
    return now >= this.#deadline;
  }

  clientDrained(): void {
    this.#upstream.resume();
  }

  /** Sends both sides a close frame as soon as one may stand there. They end the tunnel. */
  leave(): void {
    this.#up.leave();
    this.#down.leave();
  }

  #passed(): void {
    if (this.#up.hasEnded || this.#down.hasEnded) this.#deadline = this.#clock.after(END_MS);
  }
}

class Direction {
  readonly #from: TunnelEnd;
  readonly #to: TunnelEnd;
  readonly #closeFrame: () => Buffer;
  readonly #frames = new FrameTracker();
  #isLeaving = false;
  /** A close frame of ours was sent: nothing may follow it. */
  #isClosed = false;
  hasEnded = false;

  constructor(from: TunnelEnd, to: TunnelEnd, ourClose: () => Buffer) {
    this.#from = from;
    this.#to = to;
    this.#closeFrame = ourClose;
  }

  pass(parts: readonly Buffer[], end: BodyEnd): void {
    if (this.hasEnded) return;
    this.hasEnded = end.done;
    for (const part of parts) this.#frames.advance(part);
    const passed = this.#isClosed ? [] : parts;
    if ((passed.length > 0 || end.done) && !this.#to.write(passed, end)) this.#from.pause();
    if (this.#isLeaving) this.#close();
  }

  leave(): void {
    this.#isLeaving = true;
    this.#close();
  }

  /** Between two frames of the peer. The upstream answers it and ends, and its end passes on. */
  #close(): void {
    const mayClose = !this.hasEnded && !this.#frames.hasClosed && this.#frames.isBetween;
    if (this.#isClosed || !mayClose) return;
    this.#isClosed = true;
    this.#to.write([this.#closeFrame()], MORE);
  }
}
