import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** A program and the processes that it started, unless these left its group. */
export interface ProcessGroup {
  /** Signals the whole group, as a terminal does, because a shell in between passes no signal on. */
  signal(signal: NodeJS.Signals): void;
  isAlive(): boolean;
  /** Resolves when no process is left, or after that many milliseconds. */
  gone(withinMs: number): Promise<void>;
}

/** The group of this leader; empty if it could not be started. */
export function groupOf(leader: number | undefined): ProcessGroup {
  // Once the group is gone, the system may reuse its number.
  let isGone = leader === undefined;

  function reaches(signal: NodeJS.Signals | 0): boolean {
    if (leader === undefined || isGone) return false;
    try {
      process.kill(-leader, signal);
    } catch {
      isGone = true;
    }
    return !isGone;
  }
  const isAlive = (): boolean => reaches(0);

  // Only the leader is our child, so the system does not report the end of the others.
  async function gone(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (isAlive() && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  }
  return { signal: (signal) => void reaches(signal), isAlive, gone };
}
