import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** A program and all that it started, as far as they stayed together. */
export interface ProcessGroup {
  /** The whole group, as a terminal does: a shell in between passes nothing on. */
  signal(signal: NodeJS.Signals): void;
  isAlive(): boolean;
  /** Resolves when nothing of it is left, or after so long. */
  gone(withinMs: number): Promise<void>;
}

/** The group of this leader; nothing if it could not be started. */
export function groupOf(leader: number | undefined): ProcessGroup {
  // Once it is gone, its number may become somebody else's.
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

  // Only the leader is our child, so the system does not tell us of the end of the others.
  async function gone(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (isAlive() && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  }
  return { signal: (signal) => void reaches(signal), isAlive, gone };
}
