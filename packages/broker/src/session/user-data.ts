import { LIMITS, parseMember, parseUser } from '@rollcall/protocol/pusher';
import type { Member, User } from '@rollcall/protocol/pusher';

/** Reads the `channel_data` of a subscription. Returns a string that says what is wrong if it is not valid. */
export function readMember(channelData: string): Member | string {
  if (Buffer.byteLength(channelData) > LIMITS.userObjectBytes) {
    return `channel_data is larger than ${LIMITS.userObjectBytes} bytes`;
  }
  return parseMember(channelData);
}

/** Reads the `user_data` of a sign-in. Returns a string that says what is wrong if it is not valid. */
export function readUser(userData: string): User | string {
  const user = parseUser(userData);
  if (typeof user === 'string') return user;
  return jsonBytes({ id: user.id, user_info: user.info }) <= LIMITS.userObjectBytes
    ? user
    : `id and user_info are larger than ${LIMITS.userObjectBytes} bytes`;
}

function jsonBytes(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    // JSON.parse accepts any depth; JSON.stringify recurses, and overflows the stack.
    return Number.POSITIVE_INFINITY;
  }
}
