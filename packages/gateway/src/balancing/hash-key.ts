import { cookieValue } from '@rollcall/proxy';
import type { RequestView } from '@rollcall/proxy';

/** What requests are told apart by under the policy `hash`. */
export type HashBy =
  | { readonly type: 'address' }
  | { readonly type: 'header'; readonly name: string }
  | { readonly type: 'cookie'; readonly name: string };

/** Of what HASH_BY of the protocol matches. */
export function parseHashBy(written: string): HashBy {
  const [type = '', name = ''] = written.split(':');
  return type === 'header' || type === 'cookie' ? { type, name } : { type: 'address' };
}

/** The key of a request: of one without the header or the cookie, its client's address. */
export function hashKey(by: HashBy, asked: RequestView): string {
  if (by.type === 'header') return asked.field(by.name.toLowerCase()) ?? asked.address;
  if (by.type === 'cookie')
    return cookieValue(asked.field('cookie') ?? '', by.name) ?? asked.address;
  return asked.address;
}
