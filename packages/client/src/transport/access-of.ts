import { encodeAnnouncement } from '@rollcall/protocol';
import type { OwnerAccess } from './owner-access.ts';
import { createPublisher } from './publisher.ts';
import type { OwnerConnection } from './registry-config.ts';
import { serverSdk } from './sdk.ts';

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
