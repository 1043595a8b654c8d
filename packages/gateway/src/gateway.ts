import { describeServer, discover, urlHost } from '@rollcall/client';
import type { Connection, Directory } from '@rollcall/client';
import { addressPolicy, isLoopback, Journal, RollcallError } from '@rollcall/protocol';
import type { AddressPolicy } from '@rollcall/protocol';
import { explain } from './admin/explain.ts';
import type { BalancerOptions } from './balancing/balancer.ts';
import { createAdmin } from './admin/server.ts';
import { createDataPlane } from './data-plane.ts';
import { ownPlaces } from './own-places.ts';
import type { Place } from './own-places.ts';
import { report } from './report.ts';
import { matchDomain } from './routing/domain.ts';
import { keepSnapshot } from './snapshot/keep.ts';

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
  /** Where the admin API listens, on loopback. Default: {@link defaultAdminPort}. */
  readonly adminPort?: number;
  /** A file that keeps the last known table for the next start. Default: none. */
  readonly snapshotFile?: string;
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
  const isOurs = matchDomain(options.domain ?? 'localhost');
  const { connection, host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  const journal = new Journal();
  // One that the system chooses is not known yet, and so to nobody who could announce it.
  const self = port === 0 ? [] : ownPlaces(host, port);
  const directory = await discover({
    connection,
    answersRollCalls: true,
    probes: 'always',
    journal,
    policy: policyOf(options, self),
  });
  try {
    const gateway = await serve(directory, isOurs, options);
    if (port === 0) self.push(...ownPlaces(host, gateway.port));
    return await administer(gateway, directory, journal, options);
  } catch (error) {
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

/** A gateway with its admin API beside it. */
async function administer(
  gateway: Omit<Gateway, 'adminUrl'>,
  directory: Directory,
  journal: Journal,
  { port = DEFAULT_PORT, adminPort = defaultAdminPort(port) }: GatewayOptions,
): Promise<Gateway> {
  // The journal's clock is monotonic, people's is not.
  const now = (path: string) => explain(path, directory, journal, Date.now() - performance.now());
  try {
    const admin = await createAdmin({ explain: now }, DEFAULT_HOST, adminPort);
    async function close(): Promise<void> {
      admin.close();
      await gateway.close();
    }
    return { ...gateway, adminUrl: `http://${admin.host}:${admin.port}`, close };
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

async function serve(
  directory: Directory,
  isOurs: (host: string) => boolean,
  options: GatewayOptions,
): Promise<Omit<Gateway, 'adminUrl'>> {
  const forget = await keepSnapshot(directory, options);
  // Before it listens: what it does not know of yet it would answer with 404.
  await directory.informed(INFORMED_MS);
  const plane = createDataPlane({
    table: directory,
    isOurs,
    balancing: options.balancing,
    onUnreachable: ({ key }, verdict) => directory.witness(key, verdict),
  });
  const { host, port } = await plane.listen(
    options.port ?? DEFAULT_PORT,
    options.host ?? DEFAULT_HOST,
  );
  if (options.log !== undefined) {
    report(directory, {
      domain: options.domain ?? `localhost:${port}`,
      server: describeServer(options.connection),
      log: options.log,
    });
  }
  directory.on('change', (change) => plane.changed(change));
  async function close(): Promise<void> {
    await plane.close();
    await forget();
    directory.close();
  }
  return { host, port, url: `http://${urlHost(host)}:${port}`, close };
}
