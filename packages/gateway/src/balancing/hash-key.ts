import { cookieValue } from '@rollcall/proxy';
import type { RequestView } from '@rollcall/proxy';

/** What the key of a request is made of under the policy `hash`. */
export type HashBy =
  | { readonly type: 'address' }
  | { readonly type: 'header'; readonly name: string }
  | { readonly type: 'cookie'; readonly name: string };

/** @param written matches HASH_BY of the protocol */
export function parseHashBy(written: string): HashBy {
  const [type = '', name = ''] = written.split(':');
  return type === 'header' || type === 'cookie' ? { type, name } : { type: 'address' };
}

/** Returns the key of a request. Without the header or cookie, it is the client's address. */
export function hashKey(by: HashBy, request: RequestView): string {
  return namedKey(by, request) ?? request.clientAddress;
}

/** Returns the header or the cookie of a request that a key is made of, if it has it. */
export function namedKey(by: HashBy, request: RequestView): string | undefined {
  if (by.type === 'header') return request.field(by.name.toLowerCase());
  if (by.type === 'cookie') return cookieValue(request.field('cookie') ?? '', by.name);
  return undefined;
}
