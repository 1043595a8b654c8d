import { isRecord } from '../untrusted.ts';
import { idText, isUserId } from './channel.ts';
import { itemTexts, memberTexts, readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** The user of a connection, once it has signed in. */
export interface User {
  readonly id: string;
  /** The info that was signed with the id, as the JSON text that it was, or `null`. */
  readonly infoJson: string;
  /** The users whose going online and offline is reported to this one. The caller checks their number. */
  readonly watchlist: readonly string[];
}

/**
 * Reads the `user_data` of a sign-in. Returns a string that says what is wrong with invalid data. Ids in the watchlist may be
 * numbers, and are their texts in the result.
 */
export function parseUser(userData: string): User | string {
  const data = readJson(userData);
  // Unlike in channel_data, a number is invalid: pusher-js treats a sign-in without a string as failed.
  const id = isRecord(data) ? data['id'] : undefined;
  if (!isRecord(data) || !isUserId(id)) {
    return `user_data must be a JSON object with an id of 1 to ${LIMITS.userIdLength} characters`;
  }
  const texts = memberTexts(userData);
  const watchlist = readIds(data['watchlist'] ?? [], texts.get('watchlist'));
  if (watchlist === undefined) return 'watchlist must be a list of user ids';
  return { id, infoJson: texts.get('user_info') ?? 'null', watchlist };
}

/** Reads a list of user ids, each once. */
function readIds(list: unknown, json = '[]'): readonly string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const texts = itemTexts(json);
  const ids = list.map((id, index) => idText(id, texts[index]));
  return ids.every(isUserId) ? [...new Set(ids)] : undefined;
}
