import type { RoutingSettings } from '../settings/config.ts';

const AUTHENTICATION = ['clientCertificate', 'basicAuth', 'apiKey', 'jwt', 'forwardAuth'] as const;

/** Returns whether a configuration has consumers, or authentication on any route. */
export function provesConsumers(settings: RoutingSettings): boolean {
  const { clientCertificate, basicAuth, apiKey, jwt, forwardAuth, consumers, routes } = settings;
  if ([clientCertificate, basicAuth, apiKey].some(({ enabled }) => enabled)) return true;
  if (jwt.issuer !== undefined || forwardAuth.url !== undefined) return true;
  if (Object.keys(consumers).length > 0) return true;
  return Object.values(routes)
    .flatMap((entry) => [entry, ...(entry.cases ?? [])])
    .some((each) => AUTHENTICATION.some((name) => each[name] !== undefined));
}
