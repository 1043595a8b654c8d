import { randomBytes } from 'node:crypto';
import { describeServer, discover, urlHost } from '@rollcall/client';
import type { Announcement, Connection, Directory } from '@rollcall/client';
import { createEngine } from './proxy/net-engine.ts';
import { keepSnapshot } from './keep-snapshot.ts';
import { report } from './report.ts';
import { decideBy } from './routing/decide.ts';
import { matchDomain } from './routing/domain.ts';

export interface GatewayOptions {
  readonly connection: Connection;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 1500; 0 lets the system choose. */
  readonly port?: number;
  /** The host that requests must name, or `*` for any. Default `localhost:<port>`, which is every name of loopback. */
  readonly domain?: string;
  /** A file that keeps the last known table for the next start. Default: none. */
  readonly snapshotFile?: string;
  /** Gets one line of text at a time about what happened. Default: nobody. */
  readonly log?: (line: string) => void;
}

export interface Gateway {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Accepts no more requests, lets those in flight finish for up to 8 s, and stops. */
  close(): Promise<void>;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 1500;
/** Below the 10 s after which Docker kills. */
const CLOSE_GRACE_MS = 8000;

/**
 * Starts a gateway, and resolves when it listens and hears the channel.
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_PORT_TAKEN, ROLLCALL_LISTEN,
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const isOurs = matchDomain(options.domain ?? 'localhost');
  const { connection } = options;
  const directory = await discover({ connection, answersRollCalls: true, probes: true });
  try {
    return await serve(directory, isOurs, options);
  } catch (error) {
    directory.close();
    throw error;
  }
}

async function serve(
  directory: Directory,
  isOurs: (host: string) => boolean,
  options: GatewayOptions,
): Promise<Gateway> {
  const engine = createEngine({
    decide: decideBy(directory, isOurs),
    // No name of the machine: every instance and whoever they tell reads it.
    pseudonym: `rollcall-${randomBytes(8).toString('hex')}`,
    onUnreachable: ({ key }, verdict) => directory.witness(key, verdict),
  });
  const { host, port } = await engine.listen(
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
  directory.on('change', ({ type, instance, was }) => {
    if (type === 'left' || type === 'forgotten') engine.release(instance.announcement);
    if (was !== undefined && !isSamePlace(was, instance.announcement)) engine.release(was);
  });
  const forget = await keepSnapshot(directory, options);
  async function close(): Promise<void> {
    await engine.close(CLOSE_GRACE_MS);
    await forget();
    directory.close();
  }
  return { host, port, url: `http://${urlHost(host)}:${port}`, close };
}

function isSamePlace(a: Announcement, b: Announcement): boolean {
  return a.address === b.address && a.port === b.port;
}
