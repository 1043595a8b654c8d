import { once } from 'node:events';
import { urlHost } from '@rollcall/protocol';
import { nodeInternals } from '@rollcall/proxy';
import { silentLogger } from '@rollcall/runtime';
import { startAuthServer } from './auth/auth-server.ts';
import type { RunningAuthServer } from './auth/auth-server.ts';
import type { CatalogPorts } from './catalog/servers.ts';
import { speaksTls } from './certificates/certificates.ts';
import { logEvents } from './log-events.ts';
import { logNodeInternals } from './log-node-internals.ts';
import { Closing, createParts } from './parts.ts';
import type { Parts, Surroundings } from './parts.ts';
import { Reconfiguration } from './reconfiguration.ts';
import { parseDomain } from './routing/domain.ts';
import { resolveConfig } from './settings/config.ts';
import type { GatewayConfig } from './settings/config.ts';
import { startAdmin } from './start-admin.ts';

/** Options of {@link createGateway}: its configuration, the registry, and what it writes to. */
export interface GatewayOptions extends GatewayConfig, Surroundings {}

/** A running gateway. */
export interface Gateway {
  /** The address on which it listens. */
  readonly host: string;
  /** The port on which it listens, also if the system chose it. */
  readonly port: number;
  /** The port without TLS, if there is one besides. */
  readonly httpPort: number | undefined;
  /** The URL for clients, such as `http://127.0.0.1:1500`. */
  readonly url: string;
  /** The URL of the admin API and the dashboard. */
  readonly adminUrl: string;
  /**
   * Serves requests by this configuration from now on. Statistics of instances stay. The audit log records it.
   * @param config a function that reads it, so that the audit log also has what cannot be read
   * @param file where it is from, for the audit log
   * @returns the changed settings that take effect only at the next start
   * @throws RollcallError ROLLCALL_CONFIG; the previous configuration then stays
   */
  configure(config: GatewayConfig | (() => GatewayConfig), file?: string): string[];
  /** The URL for services without the app's secret, if they are served. */
  readonly authUrl: string | undefined;
  /** The ports of DNS and xDS, if they are served. */
  readonly catalog: CatalogPorts;
  /** Accepts no more requests, lets those in flight finish for up to 8 s, and stops. */
  close(): Promise<void>;
}

/** How long a starting gateway waits for the names of configured upstreams. */
const MAX_WAIT_FOR_NAMES_MS = 1000;

/** How long it waits for the table of another gateway, which there may not be, since it was connected. */
const MAX_WAIT_FOR_TABLE_MS = 300;

/**
 * Starts a gateway. Resolves when it listens. It is connected to the registry then, unless the broker is away: the
 * gateway then routes by its snapshot, answers 503 to requests for other routes, and goes on trying.
 *
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN; with `requireBroker` also
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { registry, logger = silentLogger, dashboard, ...given } = options;
  const config = resolveConfig(given);
  logNodeInternals(nodeInternals(), logger);
  const closing = new Closing();
  try {
    const parts = await createParts(config, { registry, logger, dashboard }, closing);
    const endpoint = await startServing(parts);
    const auth = await startAuth(parts, closing);
    const reconfiguration = new Reconfiguration(parts, auth);
    const { adminUrl, catalog } = await startAdmin(parts, reconfiguration, endpoint, closing);
    return {
      ...endpoint,
      adminUrl,
      authUrl: auth?.url,
      catalog,
      configure: (changed, file) => reconfiguration.run(changed, file),
      close: () => closing.run(),
    };
  } catch (error) {
    await closing.run();
    throw error;
  }
}

/** Serves services without the app's secret, if it is configured. */
async function startAuth(parts: Parts, closing: Closing): Promise<RunningAuthServer | undefined> {
  const { config, registry, own, telemetry, logger } = parts;
  const { auth } = config;
  if (auth === undefined) return undefined;
  const server = await startAuthServer({ config: { ...config, auth }, registry, logger });
  closing.add(() => server.close());
  telemetry.observeAuth(server);
  own.add("this gateway's auth server", server.host, server.port);
  return server;
}

/** Resolves when the table was received from the registry. */
async function received({ directory, openedAt }: Parts): Promise<void> {
  const wasConnected = directory.isConnected;
  if (!wasConnected) await once(directory, 'connected');
  // A snapshot may have been taken in meanwhile.
  const waited = wasConnected ? performance.now() - openedAt : 0;
  await directory.ready(Math.max(0, MAX_WAIT_FOR_TABLE_MS - waited));
}

/** Listens once the table is there, or at once if the broker is away. */
async function startServing(
  parts: Parts,
): Promise<Pick<Gateway, 'host' | 'port' | 'httpPort' | 'url'>> {
  const { config, own, directory, upstreams, plane, logger } = parts;
  if (directory.isConnected) await received(parts);
  else void received(parts).then(() => plane.tableCompleted());
  await upstreams.ready(MAX_WAIT_FOR_NAMES_MS);
  const ports = { port: config.port, httpPort: config.tls.httpPort };
  const { host, port, httpPort } = await plane.listen(ports, config.host);
  for (const each of [port, httpPort])
    if (each !== undefined) own.add('this gateway itself', host, each);
  const [domain = ''] = parseDomain(config.domain ?? `localhost:${port}`) ?? [];
  logEvents(parts, { domain }, logger);
  const scheme = speaksTls(config) ? 'https' : 'http';
  return { host, port, httpPort, url: `${scheme}://${urlHost(host)}:${port}` };
}
