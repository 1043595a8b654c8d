import { channelsOf, isRecord } from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';
import type { BrokerAddress } from '../transport/broker-config.ts';

/** A broker as an auth server names it. */
interface AuthorizedBroker extends BrokerAddress {
  /** What names it in requests to the auth server. */
  readonly id: string;
}

/** Where an auth server says that the registry is. */
export interface AuthorizedRegistry {
  readonly channels: Channels;
  readonly brokers: readonly AuthorizedBroker[];
}

/** Reads the response of an auth server, or returns undefined if it is invalid. */
export function readRegistry(value: unknown): AuthorizedRegistry | undefined {
  if (!isRecord(value)) return undefined;
  const { channel, brokers } = value;
  const channels = typeof channel === 'string' ? channelsOf(channel) : '';
  if (typeof channels === 'string' || !Array.isArray(brokers)) return undefined;
  const read = brokers.map(readBroker);
  const valid = read.filter((each) => each !== undefined);
  return valid.length === read.length ? { channels, brokers: valid } : undefined;
}

function readBroker(value: unknown): AuthorizedBroker | undefined {
  if (!isRecord(value)) return undefined;
  const { id, key, tls, host, port, cluster } = value;
  if (typeof id !== 'string' || !isAppKey(key) || typeof tls !== 'boolean') return undefined;
  const common = { id, key, tls, source: 'auth' } as const;
  if (typeof cluster === 'string' && /^[A-Za-z0-9-]+$/.test(cluster))
    return { ...common, server: { cluster } };
  if (typeof host !== 'string' || !/^[A-Za-z0-9._:-]+$/.test(host)) return undefined;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65535;
  return isPort ? { ...common, server: { host, port } } : undefined;
}

/** The key of an app is part of the URL of a connection, and is not escaped there. */
function isAppKey(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._~-]+$/.test(value);
}
