import { isRecord } from '../untrusted.ts';
import { isUserId } from './channel.ts';
import { readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** The user of a connection, once it has signed in. */
export interface User {
  readonly id: string;
  /** The info that was signed with the id, or `null`. */
  readonly info: unknown;
  /** The users whose going online and offline is reported to this one. The caller checks their number. */
  readonly watchlist: readonly string[];
}

/** Reads the `user_data` of a sign-in. Returns a string that says what is wrong with invalid data. */
export function parseUser(userData: string): User | string {
  const data = readJson(userData);
  // Unlike in channel_data, a number is invalid: pusher-js treats a sign-in without a string as failed.
  const id = isRecord(data) ? data['id'] : undefined;
  if (!isRecord(data) || !isUserId(id)) {
    return `user_data must be a JSON object with an id of 1 to ${LIMITS.userIdLength} characters`;
  }
  const watchlist = data['watchlist'] ?? [];
  if (!Array.isArray(watchlist) || !watchlist.every(isUserId)) {
    return 'watchlist must be a list of user ids';
  }
  return { id, info: data['user_info'] ?? null, watchlist: [...new Set(watchlist)] };
}
