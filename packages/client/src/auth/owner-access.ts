import { encodeAnnouncement } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import type { Identity } from '../transport/presence.ts';
import { createPublisher } from '../transport/publisher.ts';
import type { OwnerConnection } from '../transport/registry-config.ts';
import { serverSdk } from '../transport/sdk.ts';

/** What an owner publishes. */
export type OwnerEvent = 'register' | 'exit';

/** A subscription that needs an authorization. */
export interface Subscription {
  /** The broker's id of the connection. */
  readonly socketId: string;
  readonly channelName: string;
  /** What the program is in a presence channel. */
  readonly identity?: Identity | undefined;
}

/** An authorization of a subscription, as Pusher's clients send it on. */
export interface Authorization {
  /** The key of the app, and the signature. */
  readonly auth: string;
  /** The member of a presence channel, as JSON. */
  readonly channel_data?: string;
  /** The key of a channel of an encrypted registry, in base64. */
  readonly shared_secret?: string;
}

/** What an auth server does for an owner that does not have the app's secret. Both reject with a RollcallError. */
export interface OwnerAccess {
  authorize(subscription: Subscription): Promise<Authorization>;
  /** Resolves when the broker has accepted the event. */
  publish(event: OwnerEvent, announcement: Announcement): Promise<void>;
}

/** Authorizes subscriptions with the app's secret, or has the auth server do it. */
export function authorizerOf(connection: OwnerConnection): OwnerAccess['authorize'] {
  if ('access' in connection) return (subscription) => connection.access.authorize(subscription);
  const sdk = serverSdk(connection);
  return async ({ socketId, channelName, identity }) =>
    sdk.authorizeChannel(socketId, channelName, identity);
}

/** Publishes with the app's secret, or has the auth server do it. */
export function ownerPublisher(
  connection: OwnerConnection,
): Pick<OwnerAccess, 'publish'> & { close(): void } {
  if ('access' in connection)
    return {
      publish: (event, announcement) => connection.access.publish(event, announcement),
      close() {},
    };
  const publisher = createPublisher(connection);
  const { registry } = connection.channels;
  return {
    publish: (event, announcement) =>
      publisher.publish(registry, event, encodeAnnouncement(announcement)),
    close: () => publisher.close(),
  };
}
