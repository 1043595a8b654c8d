import type { AddressInfo } from 'node:net';
import { addressFromEnv } from '../registrar/own-address.ts';

/**
 * The address to announce for a server that listens: the given one or `ROLLCALL_ADDRESS`, or the one to which it
 * is bound. It has no address if that is every address of the machine, so that `register()` chooses one.
 */
export function addressOf(
  bound: AddressInfo,
  given: string | undefined,
): { readonly address?: string } {
  const address = given ?? addressFromEnv(process.env) ?? bound.address;
  return address === '0.0.0.0' || address === '::' ? {} : { address };
}
