import { hash } from 'node:crypto';
import { clientNetwork } from '@rollcall/proxy';
import type { FilterRequest } from '@rollcall/proxy';
import type { Format } from '@rollcall/runtime/settings';
import { fieldOrCredential } from '../authentication/authentication.ts';

const BY = /^(?:address|consumer|route|header:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256})$/;

const LIMIT_BY: Format = {
  expected: '"address", "consumer", "route" or "header:NAME"',
  parse: (text) => (BY.test(text) ? text : undefined),
};

/** For whom a limit counts. */
export const BY_SETTING = {
  type: 'text',
  format: LIMIT_BY as typeof LIMIT_BY,
  default: 'address',
  doc: 'What has a limit of its own: `address` (an IPv4 address, or an IPv6 network of /64), `consumer`, `header:NAME`, or `route`: all requests of the route together. A request without consumer or header counts for its address.',
} as const;

/** Returns the client, or the whole route, for which a request counts. */
export type LimitKey = (request: FilterRequest) => string;

/** @param by valid by the format of the setting */
export function limitKey(by: string): LimitKey {
  if (by === 'route') return () => 'all';
  if (by === 'consumer')
    return (request) =>
      request.consumer === undefined ? ofAddress(request) : `consumer ${request.consumer}`;
  if (by === 'address') return ofAddress;
  const name = by.slice('header:'.length);
  return (request) => {
    const value = fieldOrCredential(request, name);
    // It may be a secret, and long.
    return value === undefined ? ofAddress(request) : `header ${hash('sha256', value, 'base64')}`;
  };
}

/** Says for whom a limit counts, such as "for each consumer". */
export function describeBy(by: string): string {
  if (by === 'route') return 'for all requests together';
  return by.startsWith('header:') ? `for each ${by.slice('header:'.length)}` : `for each ${by}`;
}

// Requests of one connection follow each other.
let lastAddress = '';
let lastNetwork = '';

function ofAddress({ clientAddress }: FilterRequest): string {
  if (clientAddress !== lastAddress) {
    lastAddress = clientAddress;
    lastNetwork = `address ${clientNetwork(clientAddress)}`;
  }
  return lastNetwork;
}
