import { urlHost } from '@rollcall/protocol';
import { passing } from './catalog.ts';
import type { CatalogInstance, CatalogService } from './catalog.ts';

interface TraefikRouter {
  readonly rule: string;
  readonly service: string;
  readonly middlewares?: readonly string[];
}

interface Server {
  readonly url: string;
  readonly weight?: number;
}

interface Http {
  readonly routers: Readonly<Record<string, TraefikRouter>>;
  readonly middlewares?: Readonly<
    Record<string, { readonly stripPrefix: { readonly prefixes: readonly string[] } }>
  >;
  readonly services: Readonly<
    Record<string, { readonly loadBalancer: { readonly servers: readonly Server[] } }>
  >;
}

/** The format of Traefik's HTTP provider. */
export interface TraefikConfiguration {
  readonly http?: Http;
}

/**
 * Returns a configuration that routes as the gateway does: Traefik prefers longer rules, so the longest prefix wins, and
 * the prefix is removed from the path. A service without an instance that receives traffic responds 503.
 */
export function traefikConfiguration(services: readonly CatalogService[]): TraefikConfiguration {
  // Traefik rejects empty sections.
  if (services.length === 0) return {};
  const stripped = services.filter(({ prefix }) => prefix !== '');
  return {
    http: {
      routers: Object.fromEntries(services.map((service) => [service.name, router(service)])),
      ...(stripped.length > 0 && {
        middlewares: Object.fromEntries(
          stripped.map(({ name, prefix }) => [name, { stripPrefix: { prefixes: [prefix] } }]),
        ),
      }),
      services: Object.fromEntries(
        services.map((service) => [
          service.name,
          { loadBalancer: { servers: passing(service).map(server) } },
        ]),
      ),
    },
  };
}

function router({ name, prefix }: CatalogService): TraefikRouter {
  if (prefix === '') return { rule: 'PathPrefix(`/`)', service: name };
  // PathPrefix compares characters: PathPrefix(`/v1`) alone would match /v10 too.
  const rule = `Path(\`${prefix}\`) || PathPrefix(\`${prefix}/\`)`;
  return { rule, service: name, middlewares: [name] };
}

function server({ announcement }: CatalogInstance): Server {
  const { scheme = 'http', address, port, weight } = announcement;
  return {
    url: `${scheme}://${urlHost(address)}:${port}`,
    ...(weight !== undefined && { weight }),
  };
}
