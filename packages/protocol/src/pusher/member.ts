import { isRecord } from '../untrusted.ts';
import { readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** A member of a presence channel. */
export interface Member {
  readonly userId: string;
  /** The info that was signed with the id, or `null`. It is fixed for the life of the subscription. */
  readonly userInfo: unknown;
}

/**
 * Reads the `channel_data` of a subscription. Returns a string that says what is wrong with invalid data. An id
 * may be a number, as in Pusher's vectors, and is a string in the result. The caller checks the size, because it
 * can count bytes faster: {@link LIMITS.userObjectBytes}.
 */
export function parseMember(channelData: string): Member | string {
  const data = readJson(channelData);
  const userId = isRecord(data) ? data['user_id'] : undefined;
  if (!isRecord(data) || !(typeof userId === 'string' || Number.isFinite(userId))) {
    return 'channel_data must be a JSON object with a user_id';
  }
  const id = String(userId);
  if (id === '' || id.length > LIMITS.userIdLength) {
    return `user_id must be 1 to ${LIMITS.userIdLength} characters`;
  }
  return { userId: id, userInfo: data['user_info'] ?? null };
}
