import type { Status } from '@rollcall/client';

/** The words of the gateway's log. */
export const STATE_WORDS: Record<Status, string> = {
  healthy: 'in rotation',
  suspect: 'in doubt',
  down: 'out of rotation',
};
