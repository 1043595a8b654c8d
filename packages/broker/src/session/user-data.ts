import { LIMITS, parseMember, parseUser } from '@rollcall/protocol/pusher';
import type { SignedMember, User } from '@rollcall/protocol/pusher';

/** Reads the `channel_data` of a subscription. Returns a string that says what is wrong if it is not valid. */
export function readMember(channelData: string): SignedMember | string {
  if (Buffer.byteLength(channelData) > LIMITS.userObjectBytes) {
    return `channel_data is larger than ${LIMITS.userObjectBytes} bytes`;
  }
  return parseMember(channelData);
}

/** Reads the `user_data` of a sign-in. Returns a string that says what is wrong if it is not valid. */
export function readUser(userData: string): User | string {
  const user = parseUser(userData);
  if (typeof user === 'string') return user;
  const { id, infoJson } = user;
  const userObject = `{"id":${JSON.stringify(id)},"user_info":${infoJson}}`;
  return Buffer.byteLength(userObject) <= LIMITS.userObjectBytes
    ? user
    : `id and user_info are larger than ${LIMITS.userObjectBytes} bytes`;
}
