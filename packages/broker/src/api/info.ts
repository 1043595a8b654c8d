import { channelKind } from '@rollcall/protocol/pusher';
import type { App } from '../app/local-app.ts';
import { HttpError } from './http-error.ts';

/** An attribute of a channel that a request may ask for. */
export type Info = 'user_count' | 'subscription_count' | 'cache';

export interface ChannelInfo {
  readonly user_count?: number;
  readonly subscription_count?: number;
  /** The last event, with the seconds that it is still kept; `null` if there is none. */
  readonly cache?: { readonly data: string; readonly ttl: number } | null;
}

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

/** What was asked for, as far as a channel has it: only presence channels have users. */
export function channelInfo(app: App, name: string, info: ReadonlySet<Info>): ChannelInfo {
  const channel = app.channel(name);
  return {
    ...(info.has('user_count') &&
      channelKind(name) === 'presence' && { user_count: channel?.userCount ?? 0 }),
    ...(info.has('subscription_count') && { subscription_count: channel?.subscriptionCount ?? 0 }),
    ...(info.has('cache') && { cache: cached(app, name) }),
  };
}

function cached({ cache }: App, channel: string): NonNullable<ChannelInfo['cache']> | null {
  const event = cache.get(channel);
  return event === undefined ? null : { data: event.data, ttl: cache.secondsLeft(event) };
}
