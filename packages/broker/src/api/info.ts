import { channelKind } from '@rollcall/protocol/pusher';
import type { ChannelState, ChannelStates } from '../app/app.ts';
import { HttpError } from './http-error.ts';

/** An attribute of a channel that a request may ask for. */
export type Info = 'user_count' | 'subscription_count' | 'cache';

/** The requested attributes of a channel, except `cache`. */
export interface ChannelInfo {
  readonly user_count?: number;
  readonly subscription_count?: number;
}

const UNOCCUPIED: Pick<ChannelState, 'subscriptionCount' | 'userCount'> = {
  subscriptionCount: 0,
  userCount: 0,
};

/** Reads an `info` parameter, a list with commas. @throws {@link HttpError} 400 */
export function parseInfo(value: unknown, known: readonly Info[]): ReadonlySet<Info> {
  if (value === undefined || value === null || value === '') return new Set();
  const names = typeof value === 'string' ? value.split(',') : [];
  const found = known.filter((info) => names.includes(info));
  if (names.length === 0 || names.some((name) => !known.some((info) => info === name))) {
    throw new HttpError(400, `info must be of ${known.join(', ')}, with commas between`);
  }
  return new Set(found);
}

/** Returns the requested attributes of a channel. Only presence channels have a `user_count`. */
export function channelInfo(
  states: ChannelStates,
  name: string,
  info: ReadonlySet<Info>,
): ChannelInfo {
  const { userCount, subscriptionCount } = states.get(name) ?? UNOCCUPIED;
  return {
    ...(info.has('user_count') && channelKind(name) === 'presence' && { user_count: userCount }),
    ...(info.has('subscription_count') && { subscription_count: subscriptionCount }),
  };
}
