import type { Clock } from '../clock.ts';
import type { RequestOrigin } from '../http2/request-block.ts';
import type { Limits } from '../limits.ts';
import type { Upstream } from '../proxy.ts';
import { authorityOf } from './authority.ts';
import { Http2Session } from './http2-session.ts';
import type { SessionOwner } from './http2-session.ts';
import { Http2UpstreamStream } from './http2-stream.ts';
import type { StreamPlaces } from './http2-stream.ts';
import type { UpstreamPool, UpstreamStream } from './upstream-stream.ts';

/** Streams that a session is expected to take, until one of this upstream has said how many. */
const USUAL_STREAMS = 100;

/**
 * The sessions to one upstream by HTTP/2. A request goes to the first one with room, so that sessions which are not needed
 * become idle; if none has room, it waits for one that is being opened.
 */
export class Http2Pool implements UpstreamPool, SessionOwner, StreamPlaces {
  readonly upstream: Upstream;
  readonly origin: RequestOrigin;
  readonly #sessions = new Set<Http2Session>();
  /** In their order. */
  readonly #waiting = new Set<Http2UpstreamStream>();
  readonly #limits: Limits;
  readonly #clock: Clock;
  #expectedStreams = USUAL_STREAMS;
  #isReleased = false;

  constructor(upstream: Upstream, limits: Limits, clock: Clock) {
    this.upstream = upstream;
    this.origin = { authority: authorityOf(upstream), isSecure: upstream.tls !== undefined };
    this.#limits = limits;
    this.#clock = clock;
  }

  take(): UpstreamStream {
    return new Http2UpstreamStream(this);
  }

  open(): UpstreamStream {
    return this.take();
  }

  place(stream: Http2UpstreamStream): void {
    for (const session of this.#sessions) if (session.hasRoom) return session.begin(stream);
    this.#waiting.add(stream);
    this.#openEnough();
  }

  withdraw(stream: Http2UpstreamStream): void {
    this.#waiting.delete(stream);
  }

  sessionOpened(session: Http2Session): void {
    if (session.maxStreams > 0) this.#expectedStreams = session.maxStreams;
    this.sessionFreed(session);
    this.#openEnough();
  }

  sessionFreed(session: Http2Session): void {
    for (const stream of this.#waiting) {
      if (!session.hasRoom) return;
      this.#waiting.delete(stream);
      session.begin(stream);
      stream.connected();
    }
    if (this.#isReleased && session.isIdle && !session.isConnecting) session.close();
  }

  sessionClosed(session: Http2Session, error: Error | undefined): void {
    this.#sessions.delete(session);
    if (error === undefined) return this.#openEnough();
    if (this.#connecting > 0) return;
    const failed = [...this.#waiting];
    this.#waiting.clear();
    for (const stream of failed) stream.fail(error);
  }

  sweep(now: number): void {
    for (const session of this.#sessions) session.check(now);
  }

  release(): void {
    this.#isReleased = true;
    for (const session of this.#sessions)
      if (session.isIdle && !session.isConnecting) session.close();
  }

  get sizes(): { readonly open: number; readonly idle: number } {
    const idle = [...this.#sessions].filter((session) => session.isIdle).length;
    return { open: this.#sessions.size, idle };
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }

  get #connecting(): number {
    let count = 0;
    for (const session of this.#sessions) if (session.isConnecting) count++;
    return count;
  }

  /** Opens sessions, as many as take all that wait: none while there is one without room for a single stream. */
  #openEnough(): void {
    if (this.#waiting.size === 0) return;
    for (const session of this.#sessions) if (session.takesNone) return;
    const needed = Math.max(1, Math.ceil(this.#waiting.size / this.#expectedStreams));
    for (let left = needed - this.#connecting; left > 0; left--)
      this.#sessions.add(new Http2Session(this, this.#limits, this.#clock));
  }
}
