export {
  CHANNEL_NAME_RULE,
  channelKind,
  isCacheChannel,
  isChannelName,
  isEncryptedChannel,
  isServerToUserChannel,
  isSocketId,
  serverToUserChannel,
} from './channel.ts';
export type { ChannelKind } from './channel.ts';
export { parseClientFrame } from './client-frame.ts';
export type { ClientFrame } from './client-frame.ts';
export { CLOSE_CODES } from './codes.ts';
export { readJson } from './json.ts';
export { LIMITS } from './limits.ts';
export { parseMember } from './member.ts';
export type { Member, SignedMember } from './member.ts';
export {
  cacheMissFrame,
  channelEventFrame,
  connectionEstablishedFrame,
  errorFrame,
  memberAddedFrame,
  memberRemovedFrame,
  PING_FRAME,
  PONG_FRAME,
  signinSuccessFrame,
  subscriptionCountFrame,
  subscriptionErrorFrame,
  subscriptionSucceededFrame,
  watchlistFrame,
} from './server-frame.ts';
export { channelStringToSign, requestStringToSign, userStringToSign } from './signing.ts';
export { parseUser } from './user.ts';
export type { User } from './user.ts';
