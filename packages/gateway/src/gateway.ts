import { randomBytes } from 'node:crypto';
import { describeServer, discover, urlHost } from '@rollcall/client';
import type { Connection, Directory } from '@rollcall/client';
import { addressPolicy, isLoopback, Journal, RollcallError } from '@rollcall/protocol';
import type { AddressPolicy } from '@rollcall/protocol';
import type { AccessLogSettings } from './access-log/entry.ts';
import { adminApp } from './admin/app.ts';
import type { BalancerOptions } from './balancing/balancer.ts';
import { serveAdmin } from './admin/server.ts';
import { catalogApi } from './catalog/api.ts';
import { TableCatalog } from './catalog/table-catalog.ts';
import { Telemetry } from './metrics/telemetry.ts';
import { ownPlaces } from './own-places.ts';
import type { Place } from './own-places.ts';
import { report } from './report.ts';
import { matchDomain } from './routing/domain.ts';
import { keepSnapshot } from './snapshot/keep.ts';
import { createPlane } from './workers/plane.ts';

export interface GatewayOptions {
  readonly connection: Connection;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 1500; 0 lets the system choose. */
  readonly port?: number;
  /** The host that requests must name, or `*` for any. Default `localhost:<port>`, which is every name of loopback. */
  readonly domain?: string;
  /**
   * CIDRs of the addresses that instances may announce. Default: every address but those of metadata
   * services, and loopback only if the gateway listens on loopback itself.
   */
  readonly allow?: readonly string[];
  /** CIDRs of addresses that are refused, allowed or not. Default: none. */
  readonly deny?: readonly string[];
  /** Who is picked among the instances of a prefix. Default: in turn. */
  readonly balancing?: Omit<BalancerOptions, 'random'>;
  /** Where the admin API listens. Default 127.0.0.1; anywhere else it needs a token. */
  readonly adminHost?: string;
  /** Default: {@link defaultAdminPort}. */
  readonly adminPort?: number;
  /** What whoever changes something over the admin API must know; off loopback, also who reads. At least 16 characters. */
  readonly adminToken?: string;
  /** A file that keeps the last known table for the next start. Default: none. */
  readonly snapshotFile?: string;
  /**
   * In how many processes requests are served, `auto` for one for each core. Default 1: in this one. With more,
   * this one does all else. Limits and what is learnt of instances by traffic are of each process.
   */
  readonly workers?: number | 'auto';
  /** What is written down of requests, as JSON, one a line. Default: nothing. */
  readonly accessLog?: AccessLogSettings;
  /**
   * Whether a span of each request goes to an OpenTelemetry collector: its SDK, which has to be installed beside this
   * package, reads where that is from `OTEL_EXPORTER_OTLP_ENDPOINT`. Default false.
   */
  readonly traces?: boolean;
  /** Gets one line of text at a time about what happened. Default: nobody. */
  readonly log?: (line: string) => void;
}

export interface Gateway {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly adminUrl: string;
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
  checkToken(options);
  matchDomain(domainOf(options));
  const { connection, host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  // No name of the machine: every instance and whoever they tell reads it.
  const name = `rollcall-${randomBytes(8).toString('hex')}`;
  const journal = new Journal();
  // One that the system chooses is not known yet, and so to nobody who could announce it.
  const self = port === 0 ? [] : ownPlaces(host, port);
  const directory = await discover({
    connection,
    name,
    answersRollCalls: true,
    probes: 'always',
    journal,
    policy: policyOf(options, self),
  });
  const telemetry = new Telemetry(directory);
  try {
    const gateway = await serve(name, directory, telemetry, options);
    if (port === 0) self.push(...ownPlaces(host, gateway.port));
    return await administer(name, gateway, { directory, journal, telemetry }, options);
  } catch (error) {
    telemetry.close();
    directory.close();
    throw error;
  }
}

/** @param self where the gateway listens, filled in when that is known */
function policyOf(
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
  gateway: Omit<Gateway, 'adminUrl'>,
  { directory, journal, telemetry }: Known,
  options: GatewayOptions,
): Promise<Gateway> {
  const { connection, adminToken, adminHost = DEFAULT_HOST, port = DEFAULT_PORT } = options;
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
    // The journal's clock is monotonic, people's is not.
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
  });
  app.get('/metrics', async (c) =>
    c.body(await telemetry.expose(), 200, { 'content-type': telemetry.contentType }),
  );
  app.route('/', catalogApi(new TableCatalog(directory, Date.now)));
  try {
    const admin = await serveAdmin(app, adminHost, options.adminPort ?? defaultAdminPort(port));
    async function close(): Promise<void> {
      admin.close();
      await gateway.close();
    }
    return { ...gateway, adminUrl: `http://${urlHost(admin.host)}:${admin.port}`, close };
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

function checkToken({ adminHost = DEFAULT_HOST, adminToken }: GatewayOptions): void {
  // RFC 6750 §2.1 has these characters in a bearer token.
  if (adminToken !== undefined && !/^[A-Za-z0-9._~+/=-]{16,}$/.test(adminToken)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'the admin token must be at least 16 of A-Z a-z 0-9 . _ ~ + / = -, as of "openssl rand -hex 32"',
    );
  }
  if (adminToken === undefined && !isLoopback(adminHost)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the admin API at ${adminHost} would be open to others: set ROLLCALL_ADMIN_TOKEN or --admin-token-file`,
    );
  }
}

async function serve(
  name: string,
  directory: Directory,
  telemetry: Telemetry,
  options: GatewayOptions,
): Promise<Omit<Gateway, 'adminUrl'>> {
  const forget = await keepSnapshot(directory, options);
  // Before it listens: what it does not know of yet it would answer with 404.
  await directory.informed(INFORMED_MS);
  const plane = await createPlane({
    workers: options.workers ?? 1,
    settings: {
      domain: domainOf(options),
      balancing: options.balancing ?? {},
      pseudonym: name,
      traces: options.traces ?? false,
      ...(options.accessLog !== undefined && { accessLog: options.accessLog }),
    },
    directory,
    telemetry,
    log: options.log ?? (() => {}),
  });
  telemetry.serving(plane);
  directory.on('change', (change) => plane.changed(change));
  const { host, port } = await plane.listen(
    options.port ?? DEFAULT_PORT,
    options.host ?? DEFAULT_HOST,
  );
  const { log } = options;
  if (log !== undefined) {
    report(directory, {
      domain: options.domain ?? `localhost:${port}`,
      server: describeServer(options.connection),
      // Whoever has read of a change may rely on it.
      log: (line) => plane.whenApplied(() => log(line)),
    });
  }
  async function close(): Promise<void> {
    await plane.close();
    telemetry.close();
    await forget();
    directory.close();
  }
  return { host, port, url: `http://${urlHost(host)}:${port}`, close };
}

function domainOf({ domain = 'localhost' }: GatewayOptions): string {
  return domain;
}
