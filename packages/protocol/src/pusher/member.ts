import { isRecord } from '../untrusted.ts';
import { readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** Who a connection to a presence channel belongs to. */
export interface Member {
  readonly userId: string;
  /** Whatever was signed with the id; `null` if nothing was. Fixed for the life of the subscription. */
  readonly userInfo: unknown;
}

/**
 * Reads the `channel_data` of a subscription; a string tells what is wrong with it. Ids may be
 * numbers, as in the published vectors; they are strings from here on. Counting bytes is for the
 * caller, who knows a fast way: {@link LIMITS.userObjectBytes}.
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
