import { urlHost } from '@rollcall/protocol';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** The engine that joins the nodes of a cluster. Its credentials are secret. */
export interface BusUrl {
  readonly engine: 'redis' | 'redis+sentinel' | 'redis+cluster' | 'nats';
  readonly isSecure: boolean;
  /** One for `redis`; for the others those by which the rest are found. */
  readonly servers: readonly [ServerAddress, ...ServerAddress[]];
  readonly username?: string;
  readonly password?: string;
  /** The name that the Sentinels have for the primary. */
  readonly primaryName?: string;
  /** Of NATS: a file with a JWT and the seed of its key. */
  readonly credentialsFile?: string;
}

/** An address for people, such as 10.0.0.5:6379 or [::1]:6379. */
export function describeAddress({ host, port }: ServerAddress): string {
  return `${urlHost(host)}:${port}`;
}

type Scheme = Pick<BusUrl, 'engine' | 'isSecure'> & { readonly port: number };

const SCHEMES: Readonly<Record<string, Scheme>> = {
  redis: { engine: 'redis', isSecure: false, port: 6379 },
  rediss: { engine: 'redis', isSecure: true, port: 6379 },
  'redis+sentinel': { engine: 'redis+sentinel', isSecure: false, port: 26_379 },
  'rediss+sentinel': { engine: 'redis+sentinel', isSecure: true, port: 26_379 },
  'redis+cluster': { engine: 'redis+cluster', isSecure: false, port: 6379 },
  'rediss+cluster': { engine: 'redis+cluster', isSecure: true, port: 6379 },
  nats: { engine: 'nats', isSecure: false, port: 4222 },
  tls: { engine: 'nats', isSecure: true, port: 4222 },
};

// The last @ ends the credentials, because many passwords are copied into URLs as they are.
const PARTS =
  /^(?<scheme>[a-z+]+):\/\/(?:(?<credentials>.*)@)?(?<servers>[^@/?#]+)(?:\/(?<path>[^@?#]*))?(?:\?(?<query>[^@#]*))?$/;
const SERVER = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?$/i;

/**
 * Reads where the engine is. Undefined if the URL is invalid.
 *
 * | URL | engine |
 * |---|---|
 * | `redis://USER:PASSWORD@HOST:PORT/DATABASE` | one Redis or Valkey. Messages are shared by all its databases |
 * | `redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/PRIMARY` | the primary that Sentinels name so. The credentials are those of Redis, and of the Sentinels if they ask for some |
 * | `redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT` | a Redis Cluster, by sharded pub/sub (Redis 7). The other nodes are found by any of these |
 * | `rediss://`, `rediss+sentinel://`, `rediss+cluster://` | the same by TLS |
 * | `nats://USER:PASSWORD@HOST:PORT,HOST:PORT` | NATS. A user without a password is a token. `?credentialsFile=FILE` has a JWT and its seed |
 * | `tls://` | NATS by TLS |
 *
 * Credentials are percent-encoded. Ports are 6379, 26379 of Sentinels and 4222 of NATS by default.
 */
export function parseBusUrl(text: string): BusUrl | undefined {
  const { scheme: name = '', ...parts } = PARTS.exec(text)?.groups ?? {};
  const scheme = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (scheme === undefined) return undefined;
  const { engine, isSecure } = scheme;
  const servers = parseServers(parts['servers'] ?? '', scheme.port);
  const credentials = parseCredentials(parts['credentials']);
  const place = parsePlace(engine, parts['path'] ?? '', parts['query']);
  if (servers === undefined || credentials === undefined || place === undefined) return undefined;
  if (engine === 'redis' && servers.length > 1) return undefined;
  return { engine, isSecure, servers, ...credentials, ...place };
}

function parseServers(text: string, defaultPort: number): BusUrl['servers'] | undefined {
  const servers: ServerAddress[] = [];
  for (const each of text.split(',')) {
    const { v6, name, port } = SERVER.exec(each)?.groups ?? {};
    const host = v6 ?? name;
    const server = { host: host ?? '', port: port === undefined ? defaultPort : Number(port) };
    if (host === undefined || server.port < 1 || server.port > 65_535) return undefined;
    servers.push(server);
  }
  const [first, ...others] = servers;
  return first && [first, ...others];
}

function parseCredentials(
  text: string | undefined,
): Pick<BusUrl, 'username' | 'password'> | undefined {
  if (text === undefined) return {};
  const [, username = '', password] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  try {
    return {
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== undefined && { password: decodeURIComponent(password) }),
    };
  } catch {
    return undefined;
  }
}

/** What follows the servers. */
function parsePlace(
  engine: BusUrl['engine'],
  path: string,
  query: string | undefined,
): Pick<BusUrl, 'primaryName' | 'credentialsFile'> | undefined {
  if (engine === 'nats') {
    const { credentialsFile, ...others } = Object.fromEntries(new URLSearchParams(query));
    if (path !== '' || Object.keys(others).length > 0) return undefined;
    return credentialsFile === undefined ? {} : { credentialsFile };
  }
  if (query !== undefined) return undefined;
  if (engine === 'redis+sentinel') return path === '' ? undefined : { primaryName: path };
  return path === '' || (engine === 'redis' && /^\d+$/.test(path)) ? {} : undefined;
}
