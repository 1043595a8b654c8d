import type { BrokerPresence, Directory, Instance } from '@rollcall/client';
import { versionOf } from '@rollcall/protocol';

/**
 * What each of several brokers shows of the presence of an instance. Undefined with a single broker, and if the instance is in no
 * presence channel.
 */
export function brokerPresence(
  directory: Pick<Directory, 'presence'>,
  { key, announcement }: Instance,
): readonly BrokerPresence[] | undefined {
  if (versionOf(announcement) === undefined || announcement.ttl !== undefined) return undefined;
  const brokers = directory.presence(key);
  return brokers.length > 1 ? brokers : undefined;
}
