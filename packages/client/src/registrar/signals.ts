/** What came of leaving. Without success, observers find out by themselves, and go on sending until then. */
export interface LeaveOutcome {
  readonly left: boolean;
}

/** Somebody who has to leave the registry before the process ends. */
export interface Leaver {
  leave(): Promise<void>;
  close(outcome: LeaveOutcome): unknown;
}

/** What this needs of the process. */
export interface Host {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/** With the 6 s of drain() it is less than the 10 s after which process managers kill. */
const LEAVE_MS = 3000;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * On SIGINT and SIGTERM all of a process's registrations leave the registry, then all of them close,
 * then the process ends, once: whoever is done first must not cut off the others. A second signal ends
 * it at once.
 */
export class Leavers {
  readonly #host: Host;
  readonly #leavers = new Set<Leaver>();
  #ending = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Returns what takes it back, for a registration that came to nothing. */
  add(leaver: Leaver): () => void {
    if (this.#leavers.size === 0)
      for (const signal of SIGNALS) this.#host.on(signal, this.#onSignal);
    this.#leavers.add(leaver);
    return () => {
      this.#leavers.delete(leaver);
      // While it ends, a second signal must still be heard.
      if (this.#leavers.size > 0 || this.#ending) return;
      for (const signal of SIGNALS) this.#host.off(signal, this.#onSignal);
    };
  }

  readonly #onSignal = (): void => {
    if (this.#ending) {
      this.#host.exit(1);
      return;
    }
    this.#ending = true;
    void this.#end([...this.#leavers]);
  };

  async #end(leavers: readonly Leaver[]): Promise<void> {
    const left = await Promise.all(
      leavers.map((leaver) => done('leave the registry', inTime(leaver.leave()))),
    );
    const closed = await Promise.all(
      leavers.map((leaver, index) => done('close', close(leaver, { left: left[index] === true }))),
    );
    this.#host.exit([...left, ...closed].every(Boolean) ? 0 : 1);
  }
}

const ofThisProcess = new Leavers(process);

/** Has a registration leave when a signal ends this process; returns what takes that back. */
export function leaveOnSignal(leaver: Leaver): () => void {
  return ofThisProcess.add(leaver);
}

async function close(leaver: Leaver, outcome: LeaveOutcome): Promise<void> {
  await leaver.close(outcome);
}

/** Whether it worked; if not, says why, since what remains to be done has to be done all the same. */
async function done(what: string, work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    console.error(`could not ${what}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function inTime(leaving: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the broker has not answered within ${LEAVE_MS / 1000} s`));
    }, LEAVE_MS);
  });
  try {
    await Promise.race([leaving, late]);
  } finally {
    clearTimeout(timer);
  }
}
