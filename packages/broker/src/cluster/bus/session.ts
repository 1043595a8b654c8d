import { errorMessage } from '@rollcall/runtime';
import type { Connection } from './connection.ts';
import { busUnavailable } from './unavailable.ts';

const TICK_MS = 250;
const TICKS_TO_PING = 4;
/** An answer takes from 1.5 to 1.75 s at most, so that a publisher is answered within 2 s. */
const MAX_TICKS = 7;
/** A connection that has lasted is a success, so that the next attempt may follow at once. */
const TICKS_TO_LAST = 4;

interface Operation {
  readonly startedAt: number;
  readonly reject: (error: Error) => void;
}

/**
 * One connection from when it is open until it is lost. It is lost if the engine does not answer in time: time is counted in
 * ticks of this process, so that a pause of this process is not taken for one of the engine.
 */
export class Session {
  readonly connection: Connection;
  /** Resolves with the reason. */
  readonly ended: Promise<string>;
  /** Subjects that the engine has confirmed. */
  readonly confirmed: Set<string> = new Set();
  #end: ((reason: string) => void) | undefined;
  #reason: string | undefined;
  #now = 0;
  readonly #operations = new Set<Operation>();
  readonly #timer: NodeJS.Timeout;

  constructor(connection: Connection) {
    this.connection = connection;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get hasLasted(): boolean {
    return this.#now >= TICKS_TO_LAST;
  }

  /** Runs an operation. The session fails if the engine refuses it, or does not answer. */
  run(start: (connection: Connection) => Promise<unknown>): Promise<void> {
    if (this.#reason !== undefined) return Promise.reject(busUnavailable());
    return new Promise((resolve, reject) => {
      const operation = { startedAt: this.#now, reject };
      this.#operations.add(operation);
      start(this.connection).then(
        () => {
          this.#operations.delete(operation);
          resolve();
        },
        (error: unknown) => this.fail(errorMessage(error)),
      );
    });
  }

  /** Ends the session, and rejects what is in flight. */
  fail(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    clearInterval(this.#timer);
    for (const { reject } of this.#operations) reject(busUnavailable());
    this.#operations.clear();
    this.#end?.(reason);
  }

  #tick(): void {
    this.#now += 1;
    // They are in the order in which they began.
    for (const { startedAt } of this.#operations) {
      if (this.#now - startedAt >= MAX_TICKS) this.fail('it does not answer');
      break;
    }
    if (this.#now % TICKS_TO_PING === 0) {
      this.run((connection) => connection.ping()).catch(() => {});
    }
  }
}
