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
export function hashKey(by: HashBy, asked: RequestView): string {
  if (by.type === 'header') return asked.field(by.name.toLowerCase()) ?? asked.clientAddress;
  if (by.type === 'cookie')
    return cookieValue(asked.field('cookie') ?? '', by.name) ?? asked.clientAddress;
  return asked.clientAddress;
}
