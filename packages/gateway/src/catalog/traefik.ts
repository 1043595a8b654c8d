import { urlHost } from '@rollcall/client';
import { passing } from './catalog.ts';
import type { CatalogInstance, CatalogService } from './catalog.ts';

interface Router {
  readonly rule: string;
  readonly service: string;
  readonly middlewares?: readonly string[];
}

interface Server {
  readonly url: string;
  readonly weight?: number;
}

interface Http {
  readonly routers: Readonly<Record<string, Router>>;
  readonly middlewares?: Readonly<
    Record<string, { readonly stripPrefix: { readonly prefixes: readonly string[] } }>
  >;
  readonly services: Readonly<
    Record<string, { readonly loadBalancer: { readonly servers: readonly Server[] } }>
  >;
}

/** As Traefik's HTTP provider reads it. */
export interface TraefikConfiguration {
  readonly http?: Http;
}

/**
 * Routes as the gateway itself does: the longest prefix wins, as Traefik prefers longer rules, and the
 * prefix is taken off the path. A service that has no instance to send to answers 503.
 */
export function traefikConfiguration(services: readonly CatalogService[]): TraefikConfiguration {
  // Traefik refuses a section that is there and empty.
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

function router({ name, prefix }: CatalogService): Router {
  if (prefix === '') return { rule: 'PathPrefix(`/`)', service: name };
  // PathPrefix compares characters: of /v1 it would also match /v10.
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
