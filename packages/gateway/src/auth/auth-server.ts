import { connectionsOf, describeBroker, openBrokerAuthority } from '@rollcall/client';
import type { BrokerConfig, RegistryConfig } from '@rollcall/client';
import { isLoopback, urlHost } from '@rollcall/protocol';
import type { AddressRanges } from '@rollcall/protocol';
import type { Logger } from '@rollcall/runtime';
import { rangesOf } from '../address-ranges.ts';
import { FileCertificates } from '../certificates/file-certificates.ts';
import { clientAddress } from '../client-address.ts';
import { LocalLimits } from '../filters/limits/local-limits.ts';
import { parseRate } from '../filters/limits/rate.ts';
import type { Rate } from '../filters/limits/rate.ts';
import { LabelCounter } from '../metrics/label-counter.ts';
import { serveApp } from '../serve-app.ts';
import type { ResolvedConfig } from '../settings/config.ts';
import { ownershipOf } from '../settings/owners.ts';
import { authApp } from './app.ts';
import { AuthRules } from './auth-rules.ts';

/** The settings of an auth server, of a gateway or by itself. */
export type AuthConfig = Pick<
  ResolvedConfig,
  'owners' | 'unowned' | 'ownership' | 'trustedProxies'
> & { readonly auth: NonNullable<ResolvedConfig['auth']> };

/** What an auth server is started with. */
export interface AuthServerOptions {
  /** Its settings, and the owners by which it judges. */
  readonly config: AuthConfig;
  /** The registry, with the app's secret. */
  readonly registry: RegistryConfig;
  /** Gets a line for each request that was served, and a limited number for others. */
  readonly logger: Logger;
}

/** A running auth server. */
export interface RunningAuthServer {
  /** The address on which it listens. */
  readonly host: string;
  /** The port on which it listens, also if the system chose it. */
  readonly port: number;
  /** The URL for services, such as `http://127.0.0.1:1502`. */
  readonly url: string;
  /** Its requests by `result`: `ok`, or the code of the error. */
  readonly counts: LabelCounter;
  /** Judges by this configuration from now on. */
  configure(config: AuthConfig): void;
  /** Stops it, and ends its connections. */
  close(): void;
}

/**
 * Serves services that have a service key and not the app's secret. docs/trust.md has its contract.
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function startAuthServer(options: AuthServerOptions): Promise<RunningAuthServer> {
  const { config, registry, logger } = options;
  const { host, port, cert, key } = config.auth;
  const files = new FileCertificates({ cert, key }, logger);
  const authorities = new Map(
    connectionsOf(registry).map((each) => [brokerId(each), openBrokerAuthority(each)]),
  );
  const limits = new LocalLimits({ now: () => performance.now() });
  const counts = new LabelCounter();
  let current = derived(registry, config);
  const app = authApp({
    registry: described(registry),
    authorities,
    rules: () => current.rules,
    rate: () => current.rate,
    limits,
    clientAddress: (c) => clientAddress(c, current.isTrustedProxy),
    count: (result) => counts.add({ result }),
    logger,
  });
  const server = await serveApp({
    app,
    host,
    port,
    setting: 'auth.port',
    certificate: files.certificate,
  });
  warnOfLoopback(registry, host, logger);
  files.start(() => server.useCertificate(files.certificate));
  const scheme = files.certificate === undefined ? 'http' : 'https';
  return {
    host: server.host,
    port: server.port,
    url: `${scheme}://${urlHost(server.host)}:${server.port}`,
    counts,
    configure: (next) => (current = derived(registry, next)),
    close() {
      files.stop();
      server.close();
      limits.close();
      for (const authority of authorities.values()) authority.close();
    },
  };
}

/** What follows from a configuration. */
interface Derived {
  readonly rules: AuthRules;
  readonly rate: Rate;
  readonly isTrustedProxy: AddressRanges;
}

function derived({ channels }: RegistryConfig, config: AuthConfig): Derived {
  const { owners } = ownershipOf(config);
  return {
    rules: new AuthRules({ channels, owners, now: Date.now }),
    rate: parseRate(config.auth.rate, config.auth.burst),
    isTrustedProxy: rangesOf(config.trustedProxies),
  };
}

/** Services on other machines would look for the broker on their own. */
function warnOfLoopback({ brokers }: RegistryConfig, host: string, logger: Logger): void {
  if (isLoopback(host)) return;
  for (const broker of brokers) {
    const { server } = broker;
    if ('host' in server && isLoopback(server.host))
      logger.warn(
        { broker: describeBroker(broker) },
        'services on other machines cannot reach this broker: name it by an address that they reach, such as in PUSHER_HOST',
      );
  }
}

/** The registry as services see it: nothing in it is secret. */
function described({ channels, brokers }: RegistryConfig): object {
  return {
    channel: channels.registry,
    brokers: brokers.map((each) => ({
      id: brokerId(each),
      key: each.key,
      tls: each.tls,
      ...each.server,
    })),
  };
}

function brokerId(broker: BrokerConfig): string {
  return `${describeBroker(broker)} ${broker.key}`;
}
