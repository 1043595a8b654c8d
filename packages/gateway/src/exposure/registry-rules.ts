import { describeBroker } from '@rollcall/client';
import type { BrokerConfig } from '@rollcall/client';
import { DEVELOPMENT_APP, isLoopback } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import { counted, named } from './finding.ts';
import type { ExposureRule } from './finding.ts';

export const developmentCredentials: ExposureRule = ({ registry }) => {
  const brokers = registry.brokers.filter(({ secret }) => secret === DEVELOPMENT_APP.secret);
  if (brokers.length === 0) return undefined;
  const remote = brokers.filter((each) => !isLocal(each));
  return {
    severity: remote.length > 0 ? 'high' : 'low',
    found:
      remote.length > 0
        ? `the development credentials, which are public, are those of ${named(remote.map(describeBroker))}: every program that reaches it can publish`
        : 'the development credentials are public: every program on this machine can publish',
    advice:
      'give the broker and every program an app of your own: PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET',
  };
};

export const publicChannel: ExposureRule = ({ registry }) => {
  const { channels, brokers } = registry;
  if (!channels.isPublic || brokers.every(isLocal)) return undefined;
  return {
    severity: 'medium',
    found: `${channels.registry} is public: anyone with the app key, which web pages contain, can read the addresses of your instances`,
    advice: `set ROLLCALL_CHANNEL=private-${channels.registry} for all programs at the same time`,
  };
};

export const brokerWithoutTls: ExposureRule = ({ registry }) => {
  const plain = registry.brokers.filter((each) => !each.tls && !isLocal(each));
  if (plain.length === 0) return undefined;
  const { isEncrypted } = registry.channels;
  return {
    severity: isEncrypted ? 'low' : 'medium',
    found: `connections to ${named(plain.map(describeBroker))} have no TLS: ${isEncrypted ? 'the key of the app can be read on the way' : 'messages can be read and changed on the way'}`,
    advice: 'serve the broker by TLS, and set PUSHER_APP_SECURE=1, or begin its URL with https',
  };
};

export const plainInstances: ExposureRule = ({ announcements, ownAddresses }) => {
  const own = new Set(ownAddresses);
  const plain = announcements.filter(
    ({ scheme = 'http', address }) =>
      (scheme === 'http' || scheme === 'h2c') && !isLoopback(address) && !own.has(address),
  );
  if (plain.length === 0) return undefined;
  return {
    severity: 'low',
    found: `${counted(plain.length, 'instance')} of ${named(prefixesOf(plain))} on other machines receive requests without TLS`,
    advice: 'announce scheme https, and set instanceCa at the gateway',
  };
};

export const unsignedInstances: ExposureRule = ({ announcements }) => {
  const signing = new Set(announcements.flatMap(({ sig, prefix }) => (sig ? prefix : [])));
  const unsigned = announcements.filter(({ sig, prefix }) => !sig && signing.has(prefix));
  if (unsigned.length === 0) return undefined;
  return {
    severity: 'low',
    found: `${counted(unsigned.length, 'instance')} of ${named(prefixesOf(unsigned))} are not signed, unlike others of the same prefix`,
    advice: 'restart them with ROLLCALL_SERVICE_KEY',
  };
};

export function isLocal({ server }: Pick<BrokerConfig, 'server'>): boolean {
  return 'host' in server && isLoopback(server.host);
}

export function prefixesOf(announcements: readonly Announcement[]): string[] {
  return [...new Set(announcements.map(({ prefix }) => prefix))].toSorted();
}
