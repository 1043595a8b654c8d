import type { SignedMember } from '@rollcall/protocol/pusher';
import { expect } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import type { MaybePromise } from '../../../src/app/maybe-promise.ts';
import type { AppOptions } from '../../../src/settings/options.ts';
import type { WebhookEvent } from '../../../src/webhook-event.ts';
import { FakeConnection } from '../../fake-connection.ts';

/** Makes the app to be tested, with the options that a test depends on. */
export type MakeApp = (options?: {
  readonly options?: Partial<AppOptions>;
  readonly report?: (event: WebhookEvent) => void;
  readonly clock?: () => number;
}) => MaybePromise<App>;

export const ann = { userId: 'ann', userInfoJson: '{"name":"Ann"}' };
export const bob = { userId: 'bob', userInfoJson: 'null' };

/** A connection that is subscribed to a channel. */
export async function subscribed(app: App, channel: string, member?: SignedMember) {
  const connection = new FakeConnection();
  expect(await app.subscribe({ channel, connection, member })).toBe('subscribed');
  return connection;
}

/** A connection on which a user is signed in. */
export async function signedIn(app: App, id: string, ...watchlist: string[]) {
  const connection = new FakeConnection();
  const user = { id, infoJson: 'null', watchlist };
  await app.signIn({ user, userData: JSON.stringify({ id }), connection });
  return { user, connection };
}

/** Names of the events that a connection was sent since the last look. */
export function eventsOf(connection: FakeConnection) {
  return connection.take().map(({ event }) => event);
}
