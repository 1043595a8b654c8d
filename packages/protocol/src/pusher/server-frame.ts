import type { Member } from './member.ts';

/** Frames without content, encoded once. */
export const PING_FRAME: string = encode('pusher:ping', {});
export const PONG_FRAME: string = encode('pusher:pong', {});

/** @param activityTimeout - whole seconds, at least 1: SDKs take 0 for a failed handshake. */
export function connectionEstablishedFrame(socketId: string, activityTimeout: number): string {
  return encode('pusher:connection_established', {
    socket_id: socketId,
    activity_timeout: activityTimeout,
  });
}

/** The one frame whose `data` is an object and not JSON text: it is documented so. */
export function errorFrame(message: string, code?: number): string {
  return JSON.stringify({ event: 'pusher:error', data: { message, code: code ?? null } });
}

/** @param members - who is there, for a presence channel. */
export function subscriptionSucceededFrame(
  channel: string,
  members: readonly Member[] | undefined,
): string {
  return encode(
    'pusher_internal:subscription_succeeded',
    members === undefined ? {} : { presence: presence(members) },
    channel,
  );
}

/** @param status - as of HTTP: 401 for a wrong signature, 403 for what is not allowed. */
export function subscriptionErrorFrame(
  channel: string,
  type: 'AuthError' | 'LimitReached' | 'Unavailable',
  error: string,
  status: number,
): string {
  return encode('pusher:subscription_error', { type, error, status }, channel);
}

export function memberAddedFrame(channel: string, member: Member): string {
  const data = { user_id: member.userId, user_info: member.userInfo };
  return encode('pusher_internal:member_added', data, channel);
}

export function memberRemovedFrame(channel: string, userId: string): string {
  return encode('pusher_internal:member_removed', { user_id: userId }, channel);
}

export function subscriptionCountFrame(channel: string, count: number): string {
  const data = { subscription_count: count };
  return encode('pusher_internal:subscription_count', data, channel);
}

/** The channel has no last event that it could send. It has no data, and no second encoding of none. */
export function cacheMissFrame(channel: string): string {
  return JSON.stringify({ event: 'pusher:cache_miss', channel });
}

/** @param userData - as it was signed. */
export function signinSuccessFrame(userData: string): string {
  return encode('pusher:signin_success', { user_data: userData });
}

/** Who of those on a watchlist has come or gone; empty lists are left out. */
export function watchlistFrame(online: readonly string[], offline: readonly string[]): string {
  const events = [
    { name: 'online', user_ids: online },
    { name: 'offline', user_ids: offline },
  ].filter((event) => event.user_ids.length > 0);
  return encode('pusher_internal:watchlist_events', { events });
}

/** @param userId - the sender, for client events on presence channels only. */
export function channelEventFrame(
  channel: string,
  event: string,
  data: string,
  userId?: string,
): string {
  return JSON.stringify({ event, channel, data, user_id: userId });
}

function presence(members: readonly Member[]): Record<string, unknown> {
  return {
    count: members.length,
    ids: members.map(({ userId }) => userId),
    // fromEntries defines properties, so that a user named "__proto__" is a user like any other.
    hash: Object.fromEntries(members.map(({ userId, userInfo }) => [userId, userInfo])),
  };
}

/** What a server sends is JSON in JSON: `data` is text. */
function encode(event: string, data: Record<string, unknown>, channel?: string): string {
  return JSON.stringify({ event, channel, data: JSON.stringify(data) });
}
