import { networkInterfaces } from 'node:os';
import { parseAddress, RollcallError } from '@rollcall/protocol';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The first address of this machine that other machines can reach: IPv4 if there is one, IPv6 otherwise.
 * @param interfaces Default: the network interfaces of this machine.
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export function ownAddress(interfaces: Interfaces = networkInterfaces()): string {
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter((each) => !each.internal && parseAddress(each.address).ok);
  const found = reachable.find((each) => each.family === 'IPv4') ?? reachable[0];
  if (found === undefined) {
    throw new RollcallError(
      'ROLLCALL_NO_ADDRESS',
      'this machine has no address that other machines can reach: set ROLLCALL_ADDRESS or the option address',
    );
  }
  return found.address;
}
