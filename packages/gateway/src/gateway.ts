import { randomBytes } from 'node:crypto';
import { describeServer, discover, urlHost } from '@rollcall/client';
import type { RegistryConfig, Directory } from '@rollcall/client';
import { addressPolicy, isLoopback, Journal, RollcallError } from '@rollcall/protocol';
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
import { checkConfig } from './config/check.ts';
import { fixedChanges } from './config/config.ts';
import type { GatewayConfig } from './config/config.ts';
import { Telemetry } from './metrics/telemetry.ts';
import { ownPlaces } from './own-places.ts';
import type { Place } from './own-places.ts';
import { logEvents } from './log-events.ts';
import { keepSnapshot } from './snapshot/keep.ts';
import { serve } from './serve.ts';
import type { ServeOptions } from './serve.ts';

export interface GatewayOptions extends GatewayConfig {
  readonly registry: RegistryConfig;
  /** Gets a line for each event, in pino's order of arguments. Default: nothing is logged. */
  readonly logger?: Logger;
  /** A folder of static files to serve at the admin port, such as that of `@rollcall/dashboard`. Default: none. */
  readonly dashboard?: string | undefined;
}

export interface Gateway {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly adminUrl: string;
  /**
   * Requests from now on are served by this configuration; what is known of instances stays.
   * @returns the settings that differ and wait for the next start
   * @throws RollcallError ROLLCALL_CONFIG: then all is as before
   */
  configure(config: GatewayConfig): string[];
  readonly catalog: Omit<CatalogServers, 'close'>;
  /** Accepts no more requests, lets those in flight finish for up to 8 s, and stops. */
  close(): Promise<void>;
}

/** One above the gateway's own port; 0 if that is 0 or the last one. */
export function defaultAdminPort(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 1500;
/** A gateway that is alone is answered by nobody: it does not wait long for one that may be there. */
const INFORMED_MS = 300;

/**
 * Starts a gateway, and resolves when it listens and hears the channel.
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_PORT_TAKEN, ROLLCALL_LISTEN,
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  checkConfig(options);
  const { registry: connection, host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  const instanceCa = options.instanceCa && readTextFile(options.instanceCa);
  // No name of the machine: every instance and whoever they tell reads it.
  const name = `rollcall-${randomBytes(8).toString('hex')}`;
  const journal = new Journal();
  // One that the system chooses is not known yet, and so to nobody who could announce it.
  const self = port === 0 ? [] : ownPlaces(host, port);
  const directory = await discover({
    registry: connection,
    name,
    answersRollCalls: true,
    probes: 'always',
    ...(options.probes !== undefined && { probeRules: options.probes }),
    journal,
    policy: addressesOf(options, self),
    ...(instanceCa !== undefined && { instanceCa }),
  });
  const telemetry = new Telemetry(directory);
  try {
    const gateway = await follow({ directory, telemetry, instanceCa, name }, options);
    if (port === 0) self.push(...ownPlaces(host, gateway.port));
    return await administer(name, gateway, { directory, journal, telemetry }, options);
  } catch (error) {
    telemetry.close();
    directory.close();
    throw error;
  }
}

/** @param self where the gateway listens, filled in when that is known */
function addressesOf(
  { host = DEFAULT_HOST, allow = [], deny = [] }: GatewayOptions,
  self: readonly Place[],
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
}

/** A gateway with its admin API beside it. */
async function administer(
  name: string,
  gateway: Omit<Gateway, 'adminUrl' | 'catalog'>,
  { directory, journal, telemetry }: Known,
  options: GatewayOptions,
): Promise<Gateway> {
  const {
    registry: connection,
    adminToken,
    adminHost = DEFAULT_HOST,
    port = DEFAULT_PORT,
  } = options;
  const app = adminApp({
    gateway: {
      name,
      url: gateway.url,
      domain: options.domain ?? `localhost:${gateway.port}`,
      server: describeServer(connection),
      channel: connection.channels.registry,
      startedAt: Date.now(),
    },
    access: {
      isLocal: isLoopback(adminHost),
      ...(adminToken !== undefined && { token: adminToken }),
    },
    directory,
    journal,
    traffic: telemetry.history.of,
    ...(options.dashboard !== undefined && { pages: await staticFiles(options.dashboard) }),
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
    const admin = await serveAdmin(app, adminHost, options.adminPort ?? defaultAdminPort(port));
    closing.push(async () => admin.close());
    const servers = await serveCatalog(catalog, options, options.logger ?? silentLogger);
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
  parts: Pick<ServeOptions, 'directory' | 'telemetry' | 'instanceCa' | 'name'>,
  options: GatewayOptions,
): Promise<Omit<Gateway, 'adminUrl' | 'catalog'>> {
  const { directory, telemetry } = parts;
  const { registry: connection, logger = silentLogger, dashboard: _, ...config } = options;
  const serving = await serve({ ...parts, config, logger });
  const forget = await keepSnapshot(directory, config.snapshotFile, logger);
  // Before it listens: what it does not know of yet it would answer with 404.
  await directory.ready(INFORMED_MS);
  const { host, port } = await serving.listen(
    config.port ?? DEFAULT_PORT,
    config.host ?? DEFAULT_HOST,
  );
  logEvents(
    directory,
    { domain: config.domain ?? `localhost:${port}`, server: describeServer(connection) },
    // A change is logged only after every worker routes by it.
    ({ level, message }) => serving.whenApplied(() => logger[level](message)),
  );
  return {
    host,
    port,
    url: `${config.tls === undefined ? 'http' : 'https'}://${urlHost(host)}:${port}`,
    configure(changed) {
      checkConfig(changed);
      serving.configure(changed);
      return fixedChanges(config, changed);
    },
    async close() {
      await serving.close();
      telemetry.close();
      await forget();
      directory.close();
    },
  };
}
