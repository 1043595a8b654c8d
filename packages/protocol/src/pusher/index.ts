export { CHANNEL_NAME_RULE, channelKind, isChannelName, isSocketId } from './channel.ts';
export type { ChannelKind } from './channel.ts';
export { parseClientFrame } from './client-frame.ts';
export type { ClientFrame } from './client-frame.ts';
export { CLOSE_CODES } from './codes.ts';
export { readJson } from './json.ts';
export { LIMITS } from './limits.ts';
export { parseMember } from './member.ts';
export type { Member } from './member.ts';
export {
  channelEventFrame,
  connectionEstablishedFrame,
  errorFrame,
  memberAddedFrame,
  memberRemovedFrame,
  PING_FRAME,
  PONG_FRAME,
  subscriptionErrorFrame,
  subscriptionSucceededFrame,
} from './server-frame.ts';
export { channelStringToSign, requestStringToSign, userStringToSign } from './signing.ts';
