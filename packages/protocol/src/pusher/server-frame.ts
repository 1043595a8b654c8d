import type { SignedMember } from './member.ts';

/** Frames without content. */
export const PING_FRAME: string = encode('pusher:ping', {});
export const PONG_FRAME: string = encode('pusher:pong', {});

/**
 * The first frame of a connection.
 * @param activityTimeout whole seconds, at least 1: SDKs treat 0 as a failed handshake
 */
export function connectionEstablishedFrame(socketId: string, activityTimeout: number): string {
  return encode('pusher:connection_established', {
    socket_id: socketId,
    activity_timeout: activityTimeout,
  });
}

/** An error. It is the only frame whose `data` is an object instead of JSON text, as Pusher documents it. */
export function errorFrame(message: string, code?: number): string {
  return JSON.stringify({ event: 'pusher:error', data: { message, code: code ?? null } });
}

/**
 * Confirms a subscription.
 * @param members the members of the channel, if it is a presence channel
 */
export function subscriptionSucceededFrame(
  channel: string,
  members: readonly SignedMember[] | undefined,
): string {
  return encodeText(
    'pusher_internal:subscription_succeeded',
    members === undefined ? '{}' : `{"presence":${presence(members)}}`,
    channel,
  );
}

/**
 * Refuses a subscription.
 * @param status an HTTP status: 401 for an invalid signature, 403 for a channel that is not allowed
 */
export function subscriptionErrorFrame(
  channel: string,
  type: 'AuthError' | 'LimitReached' | 'Unavailable',
  error: string,
  status: number,
): string {
  return encode('pusher:subscription_error', { type, error, status }, channel);
}

export function memberAddedFrame(channel: string, member: SignedMember): string {
  const data = `{"user_id":${JSON.stringify(member.userId)},"user_info":${member.userInfoJson}}`;
  return encodeText('pusher_internal:member_added', data, channel);
}

export function memberRemovedFrame(channel: string, userId: string): string {
  return encode('pusher_internal:member_removed', { user_id: userId }, channel);
}

export function subscriptionCountFrame(channel: string, count: number): string {
  const data = { subscription_count: count };
  return encode('pusher_internal:subscription_count', data, channel);
}

/** A cache channel has no last event. The frame has no `data`. */
export function cacheMissFrame(channel: string): string {
  return JSON.stringify({ event: 'pusher:cache_miss', channel });
}

/**
 * Confirms a sign-in.
 * @param userData the user's data as it was signed
 */
export function signinSuccessFrame(userData: string): string {
  return encode('pusher:signin_success', { user_data: userData });
}

/** The users of a watchlist that went online or offline. Empty lists are left out. */
export function watchlistFrame(online: readonly string[], offline: readonly string[]): string {
  const events = [
    { name: 'online', user_ids: online },
    { name: 'offline', user_ids: offline },
  ].filter((event) => event.user_ids.length > 0);
  return encode('pusher_internal:watchlist_events', { events });
}

/**
 * An event of a channel.
 * @param userId the sender, only for client events on presence channels
 */
export function channelEventFrame(
  channel: string,
  event: string,
  data: string,
  userId?: string,
): string {
  return JSON.stringify({ event, channel, data, user_id: userId });
}

/** Written by hand, so that the info of each member is the text that it signed. */
function presence(members: readonly SignedMember[]): string {
  const ids = members.map(({ userId }) => userId);
  const hash = members.map(
    ({ userId, userInfoJson }) => `${JSON.stringify(userId)}:${userInfoJson}`,
  );
  return `{"count":${members.length},"ids":${JSON.stringify(ids)},"hash":{${hash.join(',')}}}`;
}

/** A frame of a server, whose `data` is JSON as text. */
function encode(event: string, data: Record<string, unknown>, channel?: string): string {
  return encodeText(event, JSON.stringify(data), channel);
}

function encodeText(event: string, data: string, channel?: string): string {
  return JSON.stringify({ event, channel, data });
}
