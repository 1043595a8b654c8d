import { setTimeout as delay } from 'node:timers/promises';
import { RollcallError } from '@rollcall/protocol';
import { errorMessage } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { Container } from './container.ts';
import type { Engine } from './engine.ts';
import type { EngineEvent } from './engine-events.ts';
import { isLabelled } from './labels.ts';
import { isStopSignal } from './stop-signals.ts';

export interface ContainerWatchOptions {
  readonly engine: Pick<Engine, 'list' | 'inspect' | 'events'>;
  /** A container with labels is in this state now. It may be called again for the same state. */
  readonly onContainer: (container: Container, isStopping: boolean) => void;
  readonly onGone: (id: string) => void;
  /** Called each time that the engine can be read, before anything is read. */
  readonly onConnected?: () => Promise<void>;
  readonly logger: Logger;
  /** How often everything is read again, in case events were lost. Default: 30 s. */
  readonly rereadMs?: number;
}

const REREAD_MS = 30_000;
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 5000;
/** How long a container may take to end after the engine has stopped waiting and killed it. */
const STOP_MARGIN_MS = 5000;
/** A timer with a longer time fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_INSPECTED_AT_ONCE = 8;

/** In these states, containers are in the engine's list. */
const RUNNING: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);

/** What follows from these events is in what the engine says of the container. */
const RELEVANT: ReadonlySet<string> = new Set([
  'start',
  'die',
  'kill',
  'stop',
  'pause',
  'unpause',
  'destroy',
  'rename',
  'health_status',
  'connect',
  'disconnect',
]);

/**
 * Follows the containers of an engine that have labels of Rollcall. Events only say which container to look at; what counts is
 * what the engine then says of it, and everything is read again from time to time: lost, repeated or reordered events do no
 * harm. While the engine cannot be read, nothing changes.
 */
export class ContainerWatch {
  readonly #options: ContainerWatchOptions;
  readonly #known = new Map<string, Container>();
  /** Containers that are being read, and whether something has happened to them meanwhile. */
  readonly #reading = new Map<string, { isOutdated: boolean }>();
  /** Containers that were sent the signal to end, each with what looks whether it did. */
  readonly #stopping = new Map<string, NodeJS.Timeout>();
  /** Aborted when it is found broken, so that it is made, and everything read, anew. */
  #connection: AbortController | undefined;
  #state: 'new' | 'connected' | 'lost' = 'new';

  constructor(options: ContainerWatchOptions) {
    this.#options = options;
  }

  /** Follows the engine until the signal is aborted. @throws RollcallError if `onConnected` does */
  async run(signal: AbortSignal): Promise<void> {
    let wait = MIN_RETRY_MS;
    while (!signal.aborted) {
      try {
        await this.#follow(signal, () => (wait = MIN_RETRY_MS));
      } catch (error) {
        if (error instanceof RollcallError) throw error;
        if (!signal.aborted) this.#reportLoss(error);
      }
      await delay(wait, undefined, { signal }).catch(() => {});
      wait = Math.min(wait * 2, MAX_RETRY_MS);
    }
    for (const timer of this.#stopping.values()) clearTimeout(timer);
  }

  /** Follows one connection to the engine until it breaks. */
  async #follow(signal: AbortSignal, onRead: () => void): Promise<void> {
    const { engine, onConnected } = this.#options;
    const connection = new AbortController();
    this.#connection = connection;
    const ended = AbortSignal.any([signal, connection.signal]);
    const tasks: Promise<never>[] = [];
    try {
      // Subscribed before the first reading, so that nothing happens unseen in between.
      const events = await engine.events(ended);
      await onConnected?.();
      tasks.push(this.#listen(events), this.#readAgain(ended, onRead));
      await Promise.race(tasks);
    } catch (error) {
      throw connection.signal.aborted ? connection.signal.reason : error;
    } finally {
      connection.abort();
      await Promise.allSettled(tasks);
    }
  }

  async #listen(events: AsyncIterable<EngineEvent>): Promise<never> {
    for await (const event of events) this.#take(event);
    throw new Error('the engine has ended its events');
  }

  async #readAgain(ended: AbortSignal, onRead: () => void): Promise<never> {
    const { rereadMs = REREAD_MS } = this.#options;
    for (;;) {
      await this.#readAll();
      onRead();
      this.#reportConnection();
      await delay(rereadMs, undefined, { signal: ended });
    }
  }

  async #readAll(): Promise<void> {
    const before = [...this.#known.keys()];
    const listed = await this.#options.engine.list();
    const ids = new Set(listed.filter(({ labels }) => isLabelled(labels)).map(({ id }) => id));
    // Containers that the list lacks are read as well: they may have started since it was written.
    const waiting = new Set([...ids, ...before]).values();
    const readNext = async (): Promise<void> => {
      for (const id of waiting) await this.#read(id);
    };
    await Promise.all(Array.from({ length: MAX_INSPECTED_AT_ONCE }, readNext));
    const hasEnded = (id: string): boolean => !RUNNING.has(this.#known.get(id)?.status ?? '');
    for (const id of before) if (!ids.has(id) && hasEnded(id)) this.#gone(id);
  }

  /** Reads one container, once more if something happens to it meanwhile. */
  async #read(id: string): Promise<void> {
    const before = this.#reading.get(id);
    if (before !== undefined) {
      before.isOutdated = true;
      return;
    }
    const reading = { isOutdated: true };
    this.#reading.set(id, reading);
    try {
      while (reading.isOutdated) {
        reading.isOutdated = false;
        const container = await this.#options.engine.inspect(id);
        if (reading.isOutdated) continue;
        if (container === 'unreadable')
          this.#options.logger.debug({ id }, 'cannot read a container');
        else if (container === undefined) this.#gone(id);
        else if (isLabelled(container.labels)) this.#seen(container);
      }
    } finally {
      this.#reading.delete(id);
    }
  }

  #take({ id, action, signal = '' }: EngineEvent): void {
    if (!RELEVANT.has(action)) return;
    const known = this.#known.get(id);
    // Requests that are sent to it until the engine was asked would fail.
    if (known !== undefined && action === 'die') this.#seen({ ...known, status: 'exited' });
    if (known !== undefined && action === 'kill' && isStopSignal(signal, known.stopSignal)) {
      this.#expectEnd(known);
      return;
    }
    void this.#read(id).catch((error: unknown) => this.#connection?.abort(error));
  }

  /** One that goes on running in spite of the signal is announced again. */
  #expectEnd(container: Container): void {
    const { id, stopTimeoutS } = container;
    clearTimeout(this.#stopping.get(id));
    const lookAgain = (): void => {
      this.#stopping.delete(id);
      void this.#read(id).catch((error: unknown) => this.#connection?.abort(error));
    };
    const wait = Math.min(stopTimeoutS * 1000 + STOP_MARGIN_MS, MAX_TIMER_MS);
    const timer = setTimeout(lookAgain, wait);
    this.#stopping.set(id, timer);
    this.#seen(container);
  }

  #seen(container: Container): void {
    const { id, status, startedAt } = container;
    const before = this.#known.get(id);
    this.#known.set(id, container);
    // Events may be lost: the signal was not for a later run.
    const isAnother = before !== undefined && before.startedAt !== startedAt;
    if (status !== 'running' || isAnother) this.#forgetSignal(id);
    this.#options.onContainer(container, this.#stopping.has(id));
  }

  #gone(id: string): void {
    this.#forgetSignal(id);
    if (this.#known.delete(id)) this.#options.onGone(id);
  }

  #forgetSignal(id: string): void {
    clearTimeout(this.#stopping.get(id));
    this.#stopping.delete(id);
  }

  #reportConnection(): void {
    const containers = this.#known.size;
    if (this.#state !== 'connected')
      this.#options.logger.info({ containers }, 'following the containers of the engine');
    this.#state = 'connected';
  }

  #reportLoss(error: unknown): void {
    const reason = errorMessage(error);
    if (this.#state !== 'lost')
      this.#options.logger.error(
        { reason },
        'cannot follow the engine: what is announced stays so',
      );
    this.#state = 'lost';
  }
}
