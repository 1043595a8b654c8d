import { addressRanges, HASH_BY, parsePrefix, SERVER_NAME, SPIFFE_ID } from '@rollcall/protocol';
import type { Format } from '@rollcall/runtime/settings';
import { isHost } from '../routing/host-header.ts';
import { parseDomain } from '../routing/domain.ts';
import { parseRouteKey, routeKey } from '../routing/route-key.ts';
import { formatUpstreamUrl, parseUpstreamUrl } from '../routing/upstream-url.ts';

export const ADDRESS_RANGE: Format = {
  expected: 'an address range such as 10.0.0.0/8 or fd00::/8',
  parse: (text) => (typeof addressRanges([text]) === 'string' ? undefined : text),
};

export const DOMAIN: Format = {
  expected:
    'hosts separated by commas, such as api.example.com or localhost:1500, or * for every host',
  parse: (text) => parseDomain(text)?.join(','),
};

export const PREFIX: Format = {
  expected: 'a path prefix such as /v1',
  parse(text) {
    const parsed = parsePrefix(text);
    return parsed.ok ? parsed.value : undefined;
  },
};

export const ROUTE_KEY: Format = {
  expected:
    'a path prefix such as /v1, or a host and a prefix such as api.example.com/v1 or *.example.com/',
  parse(text) {
    const key = parseRouteKey(text);
    return key === undefined ? undefined : routeKey(key);
  },
};

export const UPSTREAM_URL: Format = {
  expected:
    'a URL of scheme (http, https, h2c or h2), host and port, such as http://10.0.0.5:8080, or of SRV records, such as http+srv://_api._tcp.example.com',
  parse(text) {
    const url = parseUpstreamUrl(text);
    return url === undefined ? undefined : formatUpstreamUrl(url);
  },
};

export const PRINTABLE: Format = {
  expected: '1 to 255 printable characters',
  parse: (text) => (/^\P{C}{1,255}$/u.test(text) ? text : undefined),
};

export const URL_PATH: Format = {
  expected: 'a path such as /health',
  parse: (text) =>
    /^\/(?!\/)[\x21-\x7e]{0,511}$/.test(text) && !text.includes('#') ? text : undefined,
};

export const HOST_HEADER: Format = {
  expected: '"client", "upstream" or a host such as files.example.net',
  parse: (text) => (isHost(text) ? text : undefined),
};

export const HEALTH_HOST: Format = {
  expected: '"upstream" or a host such as files.example.net',
  parse: (text) => (isHost(text) ? text : undefined),
};

export const TLS_SERVER_NAME: Format = {
  expected: 'a DNS name such as orders.internal',
  parse: (text) => (SERVER_NAME.test(text) && text.length <= 253 ? text : undefined),
};

export const SPIFFE_URI: Format = {
  expected: 'a SPIFFE ID such as spiffe://example.org/orders',
  parse: (text) => (SPIFFE_ID.test(text) && text.length <= 2048 ? text : undefined),
};

export const HASH_KEY: Format = {
  expected: '"address", "header:NAME" or "cookie:NAME"',
  parse: (text) => (HASH_BY.test(text) ? text : undefined),
};

export const EMAIL: Format = {
  expected: 'an address such as ops@example.com',
  parse: (text) => (/^[^\s@,<>]+@[^\s@,<>]+$/.test(text) ? text : undefined),
};

export const HTTPS_URL: Format = {
  expected: 'a URL such as https://example.com/directory',
  parse: (text) => (/^https:\/\/[^\s/]+\/\S*$/.test(text) && URL.canParse(text) ? text : undefined),
};

/** Of a name of 255 bytes the longest names below the zone take 111 (RFC 1035 §2.3.4). */
const MAX_ZONE = 140;
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

export const DNS_ZONE: Format = {
  expected: 'a name such as rollcall or svc.example.org',
  parse(text) {
    const name = text.toLowerCase().replace(/\.$/, '');
    return NAME.test(name) && name.length <= MAX_ZONE ? name : undefined;
  },
};
