import type { AddressInfo } from 'node:net';

/**
 * The address to announce for a server that listens: the given one or `ROLLCALL_ADDRESS`, else the one it
 * is bound to. Nothing if that is every address of the machine: then it is for register() to choose.
 */
export function addressOf(
  bound: AddressInfo,
  given: string | undefined,
): { readonly address?: string } {
  const address = given ?? (process.env['ROLLCALL_ADDRESS'] || bound.address);
  return address === '0.0.0.0' || address === '::' ? {} : { address };
}
