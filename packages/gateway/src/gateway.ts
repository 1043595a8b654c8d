import { randomBytes } from 'node:crypto';
import { describeServer, discover, urlHost } from '@rollcall/client';
import type { RegistryConfig, Directory } from '@rollcall/client';
import { addressPolicy, isLoopback, Journal, RollcallError } from '@rollcall/protocol';
import { fixedChanges } from '@rollcall/runtime/settings';
import type { AddressPolicy } from '@rollcall/protocol';
import { readTextFile, silentLogger } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { adminApp } from './admin/app.ts';
import { serveAdmin } from './admin/server.ts';
import { staticFiles } from './admin/static-files.ts';
import { catalogApi } from './catalog/api.ts';
import { serveCatalog } from './catalog/servers.ts';
import type { CatalogServers } from './catalog/servers.ts';
import { TableCatalog } from './catalog/table-catalog.ts';
import { Telemetry } from './metrics/telemetry.ts';
import { listenAddresses } from './listen-addresses.ts';
import type { Endpoint } from './listen-addresses.ts';
import { logEvents } from './log-events.ts';
import type { ConfiguredRoutes } from './routing/rules.ts';
import { keepSnapshot } from './snapshot/keep.ts';
import { resolveConfig } from './settings/config.ts';
import type { GatewayConfig, ResolvedConfig } from './settings/config.ts';
import { GATEWAY_SETTINGS } from './settings/table.ts';
import { createLiveDataPlane } from './live-data-plane.ts';
import type { LiveDataPlaneOptions } from './live-data-plane.ts';

/** Options of {@link createGateway}: its configuration, the registry, and what it writes to. */
export interface GatewayOptions extends GatewayConfig, Surroundings {}

/** What a gateway needs besides its configuration. */
interface Surroundings {
  /** The registry to subscribe to, as {@link registryFromEnv} of `@rollcall/client` reads it. */
  readonly registry: RegistryConfig;
  /** Gets a line for each event, in pino's order of arguments. Default: nothing is logged. */
  readonly logger?: Logger;
  /** A folder of static files to serve at the admin port, such as that of `@rollcall/dashboard`. Default: none. */
  readonly dashboard?: string | undefined;
}

/** A running gateway. */
export interface Gateway {
  /** The address on which it listens. */
  readonly host: string;
  /** The port on which it listens, also if the system chose it. */
  readonly port: number;
  /** The URL for clients, such as `http://127.0.0.1:1500`. */
  readonly url: string;
  /** The URL of the admin API and the dashboard. */
  readonly adminUrl: string;
  /**
   * Requests from now on are served by this configuration; what is known of instances stays.
   * @returns the settings that differ and wait for the next start
   * @throws RollcallError ROLLCALL_CONFIG: then all is as before
   */
  configure(config: GatewayConfig): string[];
  /** The ports of DNS and xDS, if they are served. */
  readonly catalog: Omit<CatalogServers, 'close'>;
  /** Accepts no more requests, lets those in flight finish for up to 8 s, and stops. */
  close(): Promise<void>;
}

/** One above the gateway's own port; 0 if that is 0 or the last one. */
export function defaultAdminPort(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

/** A gateway that is alone is answered by nobody: it does not wait long for one that may be there. */
const INFORMED_MS = 300;

/**
 * Starts a gateway, and resolves when it listens and hears the channel.
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_PORT_TAKEN, ROLLCALL_LISTEN,
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { registry, logger = silentLogger, dashboard, ...given } = options;
  const config = resolveConfig(given);
  const surroundings = { registry, logger, dashboard };
  const { host, port, probes } = config;
  const instanceCa = config.instanceCa && readTextFile(config.instanceCa);
  // No name of the machine: every instance and whoever they tell reads it.
  const name = `rollcall-${randomBytes(8).toString('hex')}`;
  const journal = new Journal();
  // One that the system chooses is not known yet, and so to nobody who could announce it.
  const self = port === 0 ? [] : listenAddresses(host, port);
  const directory = await discover({
    registry,
    name,
    answersRollCalls: true,
    probes: 'always',
    probeRules: probes,
    journal,
    policy: addressesOf(config, self),
    ...(instanceCa !== undefined && { instanceCa }),
  });
  const telemetry = new Telemetry(directory);
  try {
    const parts = { directory, telemetry, instanceCa, name };
    const { routes, ...gateway } = await follow(parts, config, surroundings);
    if (port === 0) self.push(...listenAddresses(host, gateway.port));
    const known = { directory, journal, telemetry, routes };
    return await administer(name, gateway, known, config, surroundings);
  } catch (error) {
    telemetry.close();
    directory.close();
    throw error;
  }
}

/** @param self where the gateway listens, filled in when that is known */
function addressesOf(
  { host, allow, deny }: ResolvedConfig,
  self: readonly Endpoint[],
): AddressPolicy {
  const policy = addressPolicy({ allow, deny, allowsLoopback: isLoopback(host), self });
  if (typeof policy === 'string') throw new RollcallError('ROLLCALL_CONFIG', policy);
  return policy;
}

/** What there is to be told of a gateway. */
interface Known {
  readonly directory: Directory;
  readonly journal: Journal;
  readonly telemetry: Telemetry;
  readonly routes: ConfiguredRoutes;
}

/** A gateway with its admin API beside it. */
async function administer(
  name: string,
  gateway: Omit<Gateway, 'adminUrl' | 'catalog'>,
  { directory, journal, telemetry, routes }: Known,
  config: ResolvedConfig,
  { registry, logger = silentLogger, dashboard }: Surroundings,
): Promise<Gateway> {
  const { port, adminHost, adminPort = defaultAdminPort(port), adminToken } = config;
  const app = adminApp({
    gateway: {
      name,
      url: gateway.url,
      domain: config.domain ?? `localhost:${gateway.port}`,
      server: describeServer(registry),
      channel: registry.channels.registry,
      startedAt: Date.now(),
    },
    access: {
      isLocal: isLoopback(adminHost),
      ...(adminToken !== undefined && { token: adminToken }),
    },
    directory,
    journal,
    routes,
    traffic: telemetry.history.of,
    ...(dashboard !== undefined && { pages: await staticFiles(dashboard) }),
    // The journal's clock is monotonic, people's is not.
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
  });
  app.get('/metrics', async (c) =>
    c.body(await telemetry.expose(), 200, { 'content-type': telemetry.contentType }),
  );
  const catalog = new TableCatalog(directory, Date.now);
  app.route('/', catalogApi(catalog));
  const closing = [() => gateway.close()];
  async function close(): Promise<void> {
    for (const each of closing.toReversed()) await each();
  }
  try {
    const admin = await serveAdmin(app, adminHost, adminPort);
    closing.push(async () => admin.close());
    const servers = await serveCatalog(catalog, config, logger);
    closing.push(async () => servers.close());
    const adminUrl = `http://${urlHost(admin.host)}:${admin.port}`;
    return { ...gateway, adminUrl, catalog: servers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Serves by what the directory tells, once that has told what there is. */
async function follow(
  parts: Pick<LiveDataPlaneOptions, 'directory' | 'telemetry' | 'instanceCa' | 'name'>,
  config: ResolvedConfig,
  { registry, logger }: Required<Pick<Surroundings, 'registry' | 'logger'>>,
): Promise<Omit<Gateway, 'adminUrl' | 'catalog'> & { readonly routes: ConfiguredRoutes }> {
  const { directory, telemetry } = parts;
  const serving = await createLiveDataPlane({ ...parts, config, logger });
  const forget = await keepSnapshot(directory, config.snapshot, logger);
  // Before it listens: what it does not know of yet it would answer with 404.
  await directory.ready(INFORMED_MS);
  const { host, port } = await serving.listen(config.port, config.host);
  logEvents(
    directory,
    { domain: config.domain ?? `localhost:${port}`, server: describeServer(registry) },
    // A change is logged only after every worker routes by it.
    ({ level, message }) => serving.whenApplied(() => logger[level](message)),
  );
  return {
    host,
    port,
    url: `${config.tls === undefined ? 'http' : 'https'}://${urlHost(host)}:${port}`,
    routes: serving.routes,
    configure(changed) {
      const next = resolveConfig(changed);
      serving.configure(next);
      return fixedChanges(GATEWAY_SETTINGS, config, next);
    },
    async close() {
      await serving.close();
      telemetry.close();
      await forget();
      directory.close();
    },
  };
}
