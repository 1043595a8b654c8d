import type { ConfiguredInstance } from '@rollcall/client';
import { SERVER_NAME, schemeFacts } from '@rollcall/protocol';
import type { HealthCheck, InstanceIdentity } from '@rollcall/protocol';
import { hostOfUrl } from '../routing/host-header.ts';
import { caseId, upstreamsName } from '../routing/rules.ts';
import { formatUpstreamUrl, parseUpstreamUrl } from '../routing/upstream-url.ts';
import type { ResolvedConfig } from '../settings/config.ts';
import type { Target } from './resolve.ts';

/** Servers that a configuration names, in place of instances that announce themselves or among them. */
export interface ConfiguredServers {
  /** The prefix that they serve; of `upstreams`, the name by which they stand in the table. */
  readonly name: string;
  readonly servers: readonly ConfiguredServer[];
}

/** A server, or what a DNS name leads to. */
export interface ConfiguredServer extends Pick<
  ConfiguredInstance,
  'name' | 'version' | 'source' | 'zone' | 'weight' | 'tls'
> {
  /** Canonical. */
  readonly url: string;
  /** How it is probed. The Host may be `upstream`, which stands for that of the URL. */
  readonly health?: HealthCheck | undefined;
}

/** Returns all servers of a configuration. */
export function configuredServers({
  routes,
  services,
  hostHeader,
}: Pick<ResolvedConfig, 'routes' | 'services' | 'hostHeader'>): ConfiguredServers[] {
  return [...serversOfRoutes(routes, hostHeader), ...serversOfServices(services)];
}

function serversOfServices(services: ResolvedConfig['services']): ConfiguredServers[] {
  return Object.entries(services).map(([name, { instances }]) => ({
    name,
    servers: instances.map(({ health, ...fields }) => ({
      ...fields,
      source: 'services of the configuration',
      ...(health !== undefined && { health: { method: 'GET', ...health } }),
    })),
  }));
}

function serversOfRoutes(routes: ResolvedConfig['routes'], forAll: string): ConfiguredServers[] {
  return Object.entries(routes).flatMap(([key, entry]) => {
    const cases = (entry.cases ?? []).map((each, index) => [caseId(key, index), each] as const);
    return [[key, entry] as const, ...cases].flatMap(
      ([id, { upstreams: urls, health, hostHeader, upstreamTls: tls }]) => {
        if (urls === undefined) return [];
        const check =
          health === undefined
            ? {}
            : { health: healthCheck(health, hostHeader ?? entry.hostHeader ?? forAll) };
        const servers = urls.map((url) => ({ url, ...(tls && { tls }), ...check }));
        return [{ name: upstreamsName(id), servers }];
      },
    );
  });
}

/** Probes have the Host that requests have, unless those have their clients'. */
function healthCheck(path: string, hostHeader: string): HealthCheck {
  return hostHeader === 'client'
    ? { path, method: 'GET' }
    : { path, method: 'GET', host: hostHeader };
}

/** Returns the instance that a server is at one of its addresses. */
export function instanceAt(
  { url: written, health, tls = {}, ...fields }: ConfiguredServer,
  { host, address, port, weight }: Target,
): ConfiguredInstance {
  const { scheme = 'http', port: ownPort } = parseUpstreamUrl(written) ?? {};
  const url = formatUpstreamUrl({ scheme, host, port });
  // What DNS says to whom a service belongs proves nothing, so a name that SRV records lead to is not trusted.
  const ownName = ownPort === undefined ? '' : host;
  const identity = schemeFacts({ scheme }).isSecure && identityFor(tls, ownName);
  return {
    ...(weight !== undefined && { weight }),
    ...fields,
    url,
    scheme,
    address,
    port,
    ...(identity && { tls: identity }),
    ...(health !== undefined && { health: checkAt(health, url) }),
  };
}

function checkAt(health: HealthCheck, url: string): HealthCheck {
  return health.host === 'upstream' ? { ...health, host: hostOfUrl(url) } : health;
}

/** Returns what the certificate of a server has to be for: the DNS name of its URL, unless more is configured. */
function identityFor(
  { serverName, spiffeId }: InstanceIdentity,
  host: string,
): InstanceIdentity | undefined {
  const name = serverName ?? (SERVER_NAME.test(host) ? host : undefined);
  if (name === undefined && spiffeId === undefined) return undefined;
  return {
    ...(name !== undefined && { serverName: name }),
    ...(spiffeId !== undefined && { spiffeId }),
  };
}
