import { errorMessage } from '@rollcall/runtime';
import type { Bus, BusHandlers } from './bus.ts';
import type { Connect, ConnectionHandlers } from './connection.ts';
import { withDeadline } from './deadline.ts';
import { PendingListens } from './pending-listens.ts';
import { Session } from './session.ts';
import { busUnavailable } from './unavailable.ts';

const MAX_CONNECT_MS = 2000;
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 1000;

/** A bus over connections that may be lost: it connects again, and listens again, until it is closed. */
export class ReconnectingBus implements Bus {
  readonly #connect: Connect;
  readonly #handlers: BusHandlers;
  readonly #random: () => number;
  readonly #closing = new AbortController();
  readonly #finished: Promise<void>;
  /** Each with the number of the call that asked for it, so that an earlier confirmation is not taken for its own. */
  readonly #subjects = new Map<string, number>();
  readonly #pending = new PendingListens();
  #calls = 0;
  #session: Session | undefined;
  #isUp = false;
  #lastReason: string | undefined;
  #endPause: (() => void) | undefined;

  constructor(connect: Connect, handlers: BusHandlers, random: () => number = Math.random) {
    this.#connect = connect;
    this.#handlers = handlers;
    this.#random = random;
    this.#finished = this.#run();
  }

  get server(): string | undefined {
    return this.#isUp ? this.#session?.connection.server : undefined;
  }

  publish(subject: string, message: string): Promise<void> {
    if (!this.#isUp || this.#session === undefined) return Promise.reject(busUnavailable());
    return this.#session.publish(subject, message);
  }

  listen(subject: string): Promise<void> {
    const isConfirmed = this.#isUp && this.#session?.confirmed.has(subject) === true;
    if (this.#isClosed || isConfirmed) return Promise.resolve();
    const isAsked = this.#subjects.has(subject);
    const confirmed = this.#pending.add(subject);
    if (isAsked) return confirmed;
    this.#subjects.set(subject, (this.#calls += 1));
    if (this.#session !== undefined) void this.#subscribe(this.#session, [subject]);
    return confirmed;
  }

  unlisten(subject: string): void {
    if (!this.#subjects.delete(subject)) return;
    this.#pending.settle(subject);
    this.#session?.confirmed.delete(subject);
    this.#session?.run((connection) => connection.unsubscribe(subject)).catch(() => {});
  }

  close(): Promise<void> {
    this.#isUp = false;
    this.#closing.abort(new Error('the bus is closed'));
    this.#session?.fail('the bus is closed');
    this.#endPause?.();
    this.#subjects.clear();
    this.#pending.settleAll();
    return this.#finished;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let attempts = 0; !this.#isClosed; attempts += 1) {
      const hasLasted = await this.#connectOnce();
      if (hasLasted) attempts = 0;
      await this.#pause(attempts);
    }
  }

  /** Serves one connection until it is lost. Returns whether it was good for a while. */
  async #connectOnce(): Promise<boolean> {
    const session = await this.#open();
    if (session === undefined) return false;
    this.#session = session;
    void this.#establish(session);
    const reason = await session.ended;
    this.#session = undefined;
    this.#reportDown(reason);
    await session.connection.destroy();
    return session.hasLasted;
  }

  async #open(): Promise<Session | undefined> {
    let session: Session | undefined;
    let lost: string | undefined;
    const handlers: ConnectionHandlers = {
      onMessage: (subject, message) => {
        session?.hear();
        if (this.#subjects.has(subject)) this.#handlers.onMessage(subject, message);
      },
      onLost: (reason) => {
        lost = reason;
        session?.fail(reason);
      },
    };
    try {
      const connection = await withDeadline(MAX_CONNECT_MS, this.#closing.signal, (signal) =>
        this.#connect(handlers, signal),
      );
      session = new Session(connection);
      // It may be lost, or the bus closed, before the promise is handled.
      if (lost !== undefined) session.fail(lost);
      if (this.#isClosed) session.fail('the bus is closed');
      return session;
    } catch (error) {
      this.#reportDown(errorMessage(error));
      return undefined;
    }
  }

  /** Listens to all subjects again, and reports that the link is up. */
  async #establish(session: Session): Promise<void> {
    const isConfirmed = await this.#subscribe(session, [...this.#subjects.keys()]);
    if (!isConfirmed || this.#session !== session || this.#isClosed) return;
    this.#isUp = true;
    for (const subject of session.confirmed) this.#pending.settle(subject);
    this.#lastReason = undefined;
    this.#handlers.onLink(true, 'connected');
  }

  async #subscribe(session: Session, subjects: readonly string[]): Promise<boolean> {
    const asked = subjects.map((subject) => [subject, this.#subjects.get(subject)] as const);
    try {
      await session.run((connection) => connection.subscribe(subjects));
    } catch {
      return false;
    }
    if (session !== this.#session) return false;
    for (const [subject, call] of asked) {
      if (this.#subjects.get(subject) !== call) continue;
      session.confirmed.add(subject);
      // While the link is not up yet, all are settled when it is: who listens may publish.
      if (this.#isUp) this.#pending.settle(subject);
    }
    return true;
  }

  #reportDown(reason: string): void {
    this.#isUp = false;
    if (this.#isClosed || reason === this.#lastReason) return;
    this.#lastReason = reason;
    this.#handlers.onLink(false, reason);
  }

  /** Waits longer after each failure, and not at the same time as the other nodes. Closing ends it. */
  #pause(attempts: number): Promise<void> {
    const longestMs = Math.min(MIN_RETRY_MS * 2 ** Math.min(attempts, 10), MAX_RETRY_MS);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longestMs * (0.5 + this.#random() / 2));
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#isClosed) this.#endPause();
    });
  }
}
