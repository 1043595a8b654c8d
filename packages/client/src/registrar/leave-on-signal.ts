import { shutdown, withDeadline } from '@rollcall/runtime';
import type { LeaveOutcome } from '@rollcall/runtime';

/** With the 6 s of `drain()`, less than the 10 s after which process managers kill. */
const LEAVE_MS = 3000;

/**
 * Has a registration leave the registry when a signal ends this process, and close afterwards.
 * @returns what takes that back
 */
export function leaveOnSignal(registration: {
  leave(): Promise<void>;
  close(outcome: LeaveOutcome): unknown;
}): () => void {
  return shutdown.add({
    leave: () => withDeadline(registration.leave(), LEAVE_MS, late),
    close: (outcome) => registration.close(outcome),
  });
}

function late(): Error {
  return new Error(
    `the broker, or the auth server if there is one, did not respond within ${LEAVE_MS / 1000} s`,
  );
}
