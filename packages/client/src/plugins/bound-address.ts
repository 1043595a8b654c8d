import type { AddressInfo } from 'node:net';

/**
 * The address to announce for a server that listens: the given one or `ROLLCALL_ADDRESS`, or the one to which it
 * is bound. It has no address if that is every address of the machine, so that `register()` chooses one.
 */
export function addressOf(
  bound: AddressInfo,
  given: string | undefined,
): { readonly address?: string } {
  const address = given ?? (process.env['ROLLCALL_ADDRESS'] || bound.address);
  return address === '0.0.0.0' || address === '::' ? {} : { address };
}
