import { quote } from '@rollcall/protocol';
import type { DryRequest } from '../routing/dry-run.ts';
import type { GatewayFacts } from './status.ts';

const URL_FORM = /^(?<scheme>https?):\/\/(?<host>[^/?#]+)(?<rest>.*)$/i;
// They would begin another request.
const LINE_BREAK = /[\r\n]/;

/**
 * Parses the query of `/api/explain`: `path`, a path or a whole URL; `method`, by default GET; `host`, by default the
 * first of the gateway's domain; and `header`, such as `cookie: a=b`, any number of times. Returns a text if it is invalid.
 */
export function readExplainQuery(
  query: Readonly<Record<string, readonly string[]>>,
  { domain, url }: Pick<GatewayFacts, 'domain' | 'url'>,
): DryRequest | string {
  const {
    path: [path] = [],
    method: [method = 'GET'] = [],
    host: [host] = [],
    header = [],
  } = query;
  if (path === undefined) return 'Add the path to explain, such as ?path=/v1/generate.';
  if ([path, method, host ?? '', ...header].some((each) => LINE_BREAK.test(each)))
    return 'path, method, host and header must be without line breaks.';
  const headers = header.map((each) => /^([^:]+):[ \t]*(.*)$/.exec(each)?.slice(1));
  const invalid = header.find((_each, index) => headers[index] === undefined);
  if (invalid !== undefined) return `header is ${quote(invalid)}; it must be like "cookie: a=b"`;
  const [own = domain] = domain.split(',');
  const { scheme, host: named, rest = path } = URL_FORM.exec(path)?.groups ?? {};
  const target = named !== undefined && !rest.startsWith('/') ? `/${rest}` : rest;
  return {
    method: method.toUpperCase(),
    // Unlike the rest of a URL, the fragment is never sent.
    target: named === undefined ? target : target.replace(/#.*$/, ''),
    host: host ?? named ?? (own === '*' ? 'localhost' : own),
    headers: headers.map((each) => [each?.[0] ?? '', each?.[1] ?? ''] as const),
    isSecure: (scheme ?? url).toLowerCase().startsWith('https'),
  };
}
