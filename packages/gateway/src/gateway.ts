import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describeBrokers } from '@rollcall/client';
import type { RegistryConfig, Directory } from '@rollcall/client';
import { isLoopback, Journal, urlHost } from '@rollcall/protocol';
import { fixedChanges } from '@rollcall/runtime/settings';
import { nodeInternals } from '@rollcall/proxy';
import { readTextFile, silentLogger } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { Hono } from 'hono';
import { upstreamPolicy } from './address-policies.ts';
import { adminApp } from './admin/app.ts';
import { serveAdmin } from './admin/server.ts';
import { staticFiles } from './admin/static-files.ts';
import { catalogApi } from './catalog/api.ts';
import { CATALOG_HOST, serveCatalog } from './catalog/servers.ts';
import type { CatalogPorts } from './catalog/servers.ts';
import { TableCatalog } from './catalog/table-catalog.ts';
import { openCertificates, speaksTls } from './certificates/certificates.ts';
import type { Certificates } from './certificates/certificates.ts';
import { InstanceStates } from './traffic/instance-states.ts';
import { Telemetry } from './metrics/telemetry.ts';
import { openDirectory } from './open-directory.ts';
import { OwnEndpoints } from './own-endpoints.ts';
import { logNodeInternals } from './log-node-internals.ts';
import { logEvents } from './log-events.ts';
import { parseDomain } from './routing/domain.ts';
import { configuredUpstreams } from './routing/rules.ts';
import { keepSnapshot } from './snapshot/keep.ts';
import { resolveConfig } from './settings/config.ts';
import type { GatewayConfig, ResolvedConfig } from './settings/config.ts';
import { ownershipOf } from './settings/owners.ts';
import { GATEWAY_SETTINGS } from './settings/table.ts';
import { Upstreams } from './upstreams/upstreams.ts';
import { createLiveDataPlane } from './live-data-plane.ts';
import type { LiveDataPlane } from './live-data-plane.ts';

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
  /** The port without TLS, if there is one besides. */
  readonly httpPort: number | undefined;
  /** The URL for clients, such as `http://127.0.0.1:1500`. */
  readonly url: string;
  /** The URL of the admin API and the dashboard. */
  readonly adminUrl: string;
  /**
   * Serves requests by this configuration from now on. Statistics of instances stay.
   * @returns the changed settings that take effect only at the next start
   * @throws RollcallError ROLLCALL_CONFIG; the previous configuration then stays
   */
  configure(config: GatewayConfig): string[];
  /** The ports of DNS and xDS, if they are served. */
  readonly catalog: CatalogPorts;
  /** Accepts no more requests, lets those in flight finish for up to 8 s, and stops. */
  close(): Promise<void>;
}

/** Returns the port above the gateway's; 0 if that is 0 or the last one. */
export function defaultAdminPort(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

/** How long a starting gateway waits for the names of configured upstreams. */
const MAX_WAIT_FOR_NAMES_MS = 1000;

/** How long it waits for the table of another gateway, which there may not be. */
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
    const { adminUrl, catalog } = await startAdmin(parts, endpoint, closing);
    return {
      ...endpoint,
      adminUrl,
      catalog,
      configure(changed) {
        const next = resolveConfig(changed);
        parts.directory.setOwnership(ownershipOf(next));
        parts.upstreams.configure(configuredUpstreams(next), () => parts.plane.configure(next));
        return fixedChanges(GATEWAY_SETTINGS, config, next);
      },
      close: () => closing.run(),
    };
  } catch (error) {
    await closing.run();
    throw error;
  }
}

/** What has been started, to be closed in the reverse order. */
class Closing {
  readonly #steps: (() => void | Promise<void>)[] = [];

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) await step();
  }
}

/** What a gateway consists of. */
interface Parts extends Required<Surroundings> {
  readonly config: ResolvedConfig;
  /** The name in `Via` and in roll calls. */
  readonly name: string;
  readonly own: OwnEndpoints;
  readonly journal: Journal;
  readonly directory: Directory;
  readonly telemetry: Telemetry;
  readonly states: InstanceStates;
  readonly upstreams: Upstreams;
  readonly certificates: Certificates;
  readonly plane: LiveDataPlane;
}

async function createParts(
  config: ResolvedConfig,
  surroundings: Required<Surroundings>,
  closing: Closing,
): Promise<Parts> {
  const { registry, logger } = surroundings;
  const instanceCa = config.instanceCa && readTextFile(config.instanceCa);
  // Not the name of the machine, because every instance and its operators can read it.
  const name = `rollcall-${randomBytes(8).toString('hex')}`;
  const journal = new Journal();
  const own = ownEndpoints(config, registry);
  const directory = await openDirectory({
    config,
    registry,
    name,
    own,
    journal,
    instanceCa,
    logger,
  });
  closing.add(() => directory.close());
  const states = new InstanceStates({
    directory,
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
  });
  closing.add(() => states.close());
  const telemetry = new Telemetry(directory, states);
  closing.add(() => telemetry.close());
  const snapshot = await keepSnapshot(directory, config.snapshot, logger);
  closing.add(() => snapshot.close());
  const upstreams = new Upstreams({ directory, logger, policy: upstreamPolicy(config, own) });
  closing.add(() => upstreams.close());
  upstreams.configure(configuredUpstreams(config), () => {});
  const certificates = await openCertificates({ config, registry, logger });
  telemetry.observeCertificates(certificates);
  const plane = await createLiveDataPlane({
    certificates,
    directory,
    isTableComplete: directory.isConnected,
    telemetry,
    states,
    config,
    savedRollouts: snapshot.rollouts,
    instanceCa,
    name,
    logger,
  });
  closing.add(() => plane.close());
  snapshot.follow(plane.rollouts);
  telemetry.observeVersions(plane.rollouts);
  const known = { own, journal, directory, telemetry, states, upstreams, certificates };
  return { ...surroundings, ...known, config, name, plane };
}

/** The endpoints that no instance may announce. */
function ownEndpoints(config: ResolvedConfig, registry: RegistryConfig): OwnEndpoints {
  const { host, port, adminHost, adminPort = defaultAdminPort(port), dnsPort, xdsPort } = config;
  const own = new OwnEndpoints();
  own.add('this gateway itself', host, port);
  own.add("this gateway's admin API", adminHost, adminPort);
  for (const each of [dnsPort, xdsPort])
    if (each !== undefined) own.add("this gateway's catalog", CATALOG_HOST, each);
  for (const { server } of registry.brokers)
    if ('host' in server) own.addServer('the broker', server);
  return own;
}

/** Resolves when the table was received from the registry. */
async function received(directory: Directory): Promise<void> {
  if (!directory.isConnected) await once(directory, 'connected');
  await directory.ready(MAX_WAIT_FOR_TABLE_MS);
}

/** Listens once the table is there, or at once if the broker is away. */
async function startServing(
  parts: Parts,
): Promise<Pick<Gateway, 'host' | 'port' | 'httpPort' | 'url'>> {
  const { config, own, directory, upstreams, plane, logger } = parts;
  if (directory.isConnected) await received(directory);
  else void received(directory).then(() => plane.tableCompleted());
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

/** Starts the admin API and the catalog, which show what the gateway knows. */
async function startAdmin(
  parts: Parts,
  endpoint: Pick<Gateway, 'url' | 'port'>,
  closing: Closing,
): Promise<Pick<Gateway, 'adminUrl' | 'catalog'>> {
  const { config, own, logger, directory, telemetry, states } = parts;
  const { adminHost, adminPort = defaultAdminPort(config.port) } = config;
  const app = await createAdminApp(parts, endpoint);
  app.get('/metrics', async (c) =>
    c.body(await telemetry.expose(), 200, { 'content-type': telemetry.contentType }),
  );
  const catalog = new TableCatalog(directory, states, Date.now);
  app.route('/', catalogApi(catalog));
  const admin = await serveAdmin(app, adminHost, adminPort);
  closing.add(() => admin.close());
  own.add("this gateway's admin API", admin.host, admin.port);
  const servers = await serveCatalog({ catalog, config, logger });
  closing.add(() => servers.close());
  for (const port of Object.values(servers.ports))
    own.add("this gateway's catalog", CATALOG_HOST, port);
  return {
    adminUrl: `http://${urlHost(admin.host)}:${admin.port}`,
    catalog: servers.ports,
  };
}

async function createAdminApp(
  parts: Parts,
  { url, port }: Pick<Gateway, 'url' | 'port'>,
): Promise<Hono> {
  const { config, name, registry, dashboard, journal, directory, telemetry, states } = parts;
  const { certificates, plane } = parts;
  const { adminHost, adminToken } = config;
  return adminApp({
    gateway: {
      name,
      url,
      domain: config.domain ?? `localhost:${port}`,
      server: describeBrokers(registry),
      channel: registry.channels.registry,
      startedAt: Date.now(),
    },
    access: {
      isLocal: isLoopback(adminHost),
      ...(adminToken !== undefined && { token: adminToken }),
    },
    directory,
    states,
    journal,
    dryRun: plane.dryRun,
    traffic: telemetry.history.of,
    certificates: () => certificates.views(),
    rollouts: plane.rollouts,
    ...(dashboard !== undefined && { pages: await staticFiles(dashboard) }),
    // The journal's clock is monotonic, people's is not.
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
  });
}
