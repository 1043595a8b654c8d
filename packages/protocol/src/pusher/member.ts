import { isRecord } from '../untrusted.ts';
import { idText } from './channel.ts';
import { memberTexts, readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** A member of a presence channel, as a subscriber sees it. */
export interface Member {
  readonly userId: string;
  /** The info that was signed with the id, or `null`. It is fixed for the life of the subscription. */
  readonly userInfo: unknown;
}

/** A member of a presence channel, as the server passes it on. */
export interface SignedMember {
  readonly userId: string;
  /** The info that was signed with the id, as the JSON text that it was, or `null`. */
  readonly userInfoJson: string;
}

/**
 * Reads the `channel_data` of a subscription. Returns a string that says what is wrong with invalid data. An id
 * may be a number, as in Pusher's vectors, and is its text in the result. The caller checks the size, because it
 * can count bytes faster: {@link LIMITS.userObjectBytes}.
 */
export function parseMember(channelData: string): SignedMember | string {
  const data = readJson(channelData);
  if (!isRecord(data)) return NO_USER_ID;
  const texts = memberTexts(channelData);
  const userId = idText(data['user_id'], texts.get('user_id'));
  if (userId === undefined) return NO_USER_ID;
  if (userId === '' || userId.length > LIMITS.userIdLength) {
    return `user_id must be 1 to ${LIMITS.userIdLength} characters`;
  }
  return { userId, userInfoJson: texts.get('user_info') ?? 'null' };
}

const NO_USER_ID = 'channel_data must be a JSON object with a user_id';
