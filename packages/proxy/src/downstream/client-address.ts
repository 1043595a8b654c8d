import { canonicalAddress } from './canonical-address.ts';
import { ForwardedFields } from './forwarded-fields.ts';

/**
 * Returns the address of the client of a request that another server has accepted: that of its connection, unless a trusted
 * proxy says that the request comes from elsewhere.
 *
 * @param peer - the address at the other end of the connection
 * @param fields - name and value of each field
 */
export function clientAddressOf(
  peer: string,
  fields: Iterable<readonly [string, string]>,
  isTrusted: (address: string) => boolean,
): string {
  const address = canonicalAddress(peer) ?? peer;
  const forwardedFields = Array.from(fields, ([name, value]) => `${name}: ${value}\r\n`).join('');
  const forwarded = new ForwardedFields({ address, localPort: 0, protocol: 'http' }, isTrusted);
  return forwarded.clientAddress({ host: '', forwardedFields });
}
