import type { HttpBindings } from '@hono/node-server';
import type { AddressRanges } from '@rollcall/protocol';
import { clientAddressOf } from '@rollcall/proxy';
import type { Context } from 'hono';

/** The address of the client of an API; that of a trusted proxy in front of it does not count. */
export function clientAddress(c: Context, isTrustedProxy: AddressRanges): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return clientAddressOf(incoming?.socket.remoteAddress ?? '', c.req.raw.headers, isTrustedProxy);
}
