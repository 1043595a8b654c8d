import { errorMessage } from './error-message.ts';

/** What has to be done before the process ends. */
export interface ShutdownTask {
  /** Comes first, for all tasks at once: such as leaving the registry. */
  leave?(): Promise<void>;
  /** Comes when all tasks have left, or could not. */
  close(outcome: LeaveOutcome): unknown;
  /** Instead of waiting for the rest, when a second signal asks to end at once. */
  abort?(): void;
}

/** Unless it `left`, gateways go on sending requests until they notice by themselves. */
export interface LeaveOutcome {
  /** Whether every registration was withdrawn. */
  readonly left: boolean;
}

/** The part of `process` that this needs. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

export interface ShutdownOptions {
  readonly process: SignalSource;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly log: ShutdownLog;
}

/** Where a step that failed is reported. */
export interface ShutdownLog {
  error(message: string): void;
  /** Comes last, before the process exits. */
  flush?(withinMs: number): Promise<void>;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/**
 * Signals within this time count as one. Ctrl+C reaches a program twice if npm, which passes signals on, is at the same
 * terminal; timeout(1) signals its command, and then its process group.
 */
export const SAME_SIGNAL_MS = 500;

/** A log whose reader stalls must not keep the process from ending. */
const FLUSH_MS = 1000;

/**
 * Ends the process on SIGINT and SIGTERM: all tasks leave, then all close, then it exits, with 0 if everything worked
 * and otherwise with 1. A second signal, unless it follows at once, ends it without waiting.
 */
export class ShutdownCoordinator {
  readonly #options: ShutdownOptions;
  readonly #tasks = new Set<ShutdownTask>();
  readonly #signals = new Set(SIGNALS);
  #isListening = false;
  #log: ShutdownLog;
  #endingSince: number | undefined;

  constructor(options: ShutdownOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /**
   * Adds a task, and returns what removes it.
   * @param signals further ones that end the process
   */
  add(task: ShutdownTask, signals: readonly NodeJS.Signals[] = []): () => void {
    this.#tasks.add(task);
    this.#listen(signals);
    return () => {
      this.#tasks.delete(task);
      // While the process ends, a second signal still has to be noticed.
      if (this.#tasks.size === 0 && this.#endingSince === undefined) this.#unlisten();
    };
  }

  logTo(log: ShutdownLog): void {
    this.#log = log;
  }

  #listen(more: readonly NodeJS.Signals[]): void {
    const { process } = this.#options;
    const added = more.filter((signal) => !this.#signals.has(signal));
    for (const signal of added) this.#signals.add(signal);
    const missing = this.#isListening ? added : this.#signals;
    this.#isListening = true;
    for (const signal of missing) process.on(signal, this.#onSignal);
  }

  #unlisten(): void {
    this.#isListening = false;
    for (const signal of this.#signals) this.#options.process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    const now = this.#options.now();
    if (this.#endingSince === undefined) {
      this.#endingSince = now;
      void this.#end([...this.#tasks]);
    } else if (now - this.#endingSince > SAME_SIGNAL_MS) {
      for (const task of this.#tasks) task.abort?.();
      this.#options.process.exit(1);
    }
  };

  async #end(tasks: readonly ShutdownTask[]): Promise<void> {
    const left = await Promise.all(
      tasks.map((task) => this.#done('leave the registry', () => task.leave?.())),
    );
    const closed = await Promise.all(
      tasks.map((task, index) =>
        this.#done('close', () => task.close({ left: left[index] === true })),
      ),
    );
    await this.#log.flush?.(FLUSH_MS);
    this.#options.process.exit([...left, ...closed].every(Boolean) ? 0 : 1);
  }

  /** Whether it worked: if not, the remaining steps are taken all the same. */
  async #done(what: string, work: () => unknown): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#log.error(`could not ${what}: ${errorMessage(error)}`);
      return false;
    }
  }
}

/** The shutdown of this process, which everything in it shares. */
export const shutdown: ShutdownCoordinator = new ShutdownCoordinator({
  process,
  now: () => performance.now(),
  log: console,
});
