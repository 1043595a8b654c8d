/** Whether an `Origin` field names an allowed origin. */
export type MatchOrigin = (origin: string) => boolean;

/** A scheme, `*.` and the domain below which every subdomain is allowed. */
const WILDCARD = /^(?<scheme>https?):\/\/\*\.(?<domain>[^/*]+)$/;
/** A subdomain, in the characters that a browser sends. */
const SUBDOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** Returns the canonical form of an origin, as browsers send it; undefined if it is invalid. */
export function parseOrigin(written: string): string | undefined {
  if (written === '*') return written;
  const { scheme, domain } = WILDCARD.exec(written)?.groups ?? {};
  if (scheme === undefined || domain === undefined) return originOf(written);
  const base = originOf(`${scheme}://${domain}`);
  // A wildcard for all of a top-level domain is a mistake.
  const isBroad = base === undefined || !/[^.]\.[^.]|localhost/.test(domain) || isAddress(base);
  return isBroad ? undefined : base.replace('://', '://*.');
}

function originOf(written: string): string | undefined {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  // A path, query or user is no part of an origin.
  const isOrigin = url.href === `${url.origin}/` && !/[*]|[/?#]$/.test(written);
  return isOrigin ? url.origin : undefined;
}

function isAddress(origin: string): boolean {
  return /^https?:\/\/(?:\[|[0-9.]+(?::|$))/.test(origin);
}

/** @param origins as {@link parseOrigin} returns them */
export function matchOrigins(origins: readonly string[]): MatchOrigin {
  const exact = new Set(origins.filter((each) => !each.includes('*')));
  const wildcards = origins
    .filter((each) => each.includes('://*.'))
    .map((each): readonly [string, string] => {
      const [scheme = '', domain = ''] = each.split('://*');
      return [`${scheme}://`, domain];
    });
  if (origins.includes('*')) return () => true;
  return (origin) =>
    exact.has(origin) ||
    wildcards.some(
      ([scheme, domain]) =>
        origin.startsWith(scheme) &&
        origin.endsWith(domain) &&
        SUBDOMAIN.test(origin.slice(scheme.length, -domain.length)),
    );
}
