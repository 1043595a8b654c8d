import { isRecord } from '../untrusted.ts';
import { isUserId } from './channel.ts';
import { readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** Who a connection belongs to, from its sign-in on. */
export interface User {
  readonly id: string;
  /** Whatever was signed with the id; `null` if nothing was. */
  readonly info: unknown;
  /** The users whose coming and going this one is told of. How many there may be is for the caller. */
  readonly watchlist: readonly string[];
}

/** Reads the `user_data` of a sign-in; a string tells what is wrong with it. */
export function parseUser(userData: string): User | string {
  const data = readJson(userData);
  // Other than in channel_data no numbers: pusher-js takes a sign-in without a string for failed.
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
