import { errorMessage } from '@rollcall/runtime';
import type { Connection } from './connection.ts';
import { busUnavailable } from './unavailable.ts';

const TICK_MS = 250;
const TICKS_TO_PING = 4;
/** A publication takes from 1.5 to 1.75 s at most, so that a publisher is answered within 2 s. */
const MAX_TICKS = 7;
/** A ping is behind what was sent before. It may also be one server of several that hangs. */
const MAX_PING_TICKS = 20;
/** A connection that has lasted is a success, so that the next attempt may follow at once. */
const TICKS_TO_LAST = 4;
/** Of a unit of UTF-16, in UTF-8. */
const MAX_BYTES_OF_UNIT = 3;

interface Operation {
  /** In ticks; later than any if it may take its time. */
  readonly startedAt: number;
  readonly reject: (error: Error) => void;
}

/**
 * One connection from when it is open until it is lost. It is lost if nothing comes from the engine although something is waited
 * for. An engine that is slow keeps its connection, and what it does not answer in time is rejected. Time is counted in ticks of
 * this process, so that a pause of this process is not taken for one of the engine.
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
  #heardAt = 0;
  #pingedAt: number | undefined;
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

  /** Publishes a message. Rejects if the engine does not accept it in time; the session fails if the engine refuses it. */
  publish(subject: string, message: string): Promise<void> {
    const { maxBytes } = this.connection;
    // Only a long message has to be measured.
    if (message.length * MAX_BYTES_OF_UNIT > maxBytes && Buffer.byteLength(message) > maxBytes) {
      return Promise.reject(new RangeError(`A message is longer than ${maxBytes} bytes.`));
    }
    return this.#run(this.#now, () => this.connection.publish(subject, message));
  }

  /** Runs an operation that may take its time. The session fails if the engine refuses it. */
  run(start: (connection: Connection) => Promise<unknown>): Promise<void> {
    return this.#run(Infinity, () => start(this.connection));
  }

  #run(startedAt: number, start: () => Promise<unknown>): Promise<void> {
    if (this.#reason !== undefined) return Promise.reject(busUnavailable());
    return new Promise((resolve, reject) => {
      const operation = { startedAt, reject };
      this.#operations.add(operation);
      start().then(
        () => {
          this.#operations.delete(operation);
          this.hear();
          resolve();
        },
        (error: unknown) => this.fail(errorMessage(error)),
      );
    });
  }

  /** Something came from the engine. */
  hear(): void {
    this.#heardAt = this.#now;
  }

  /** Ends the session, and rejects what is in flight. */
  fail(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    clearInterval(this.#timer);
    for (const { reject } of this.#operations) reject(busUnavailable());
    this.#operations.clear();
    this.confirmed.clear();
    this.#end?.(reason);
  }

  #tick(): void {
    this.#now += 1;
    const isOverdue = this.#rejectOverdue();
    const isSilent = this.#now - this.#heardAt >= MAX_TICKS;
    const pingTicks = this.#pingedAt === undefined ? 0 : this.#now - this.#pingedAt;
    if ((isSilent && (isOverdue || pingTicks >= MAX_TICKS)) || pingTicks >= MAX_PING_TICKS) {
      this.fail('it does not answer');
    } else if (this.#now % TICKS_TO_PING === 0 && this.#pingedAt === undefined) {
      this.#ping();
    }
  }

  /** Returns whether there was one. */
  #rejectOverdue(): boolean {
    let isOverdue = false;
    for (const operation of this.#operations) {
      if (this.#now - operation.startedAt < MAX_TICKS) continue;
      this.#operations.delete(operation);
      operation.reject(busUnavailable());
      isOverdue = true;
    }
    return isOverdue;
  }

  #ping(): void {
    this.#pingedAt = this.#now;
    this.connection.ping().then(
      () => {
        this.#pingedAt = undefined;
        this.hear();
      },
      (error: unknown) => this.fail(errorMessage(error)),
    );
  }
}
