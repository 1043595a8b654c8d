import { isLoopback, parseAddress } from '@rollcall/protocol';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const node = check('node');
const address = check('address');

/** As in `engines` of package.json. */
const MINIMUM = [20, 19] as const;

/** @param version such as 20.19.0 */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least, leastMinor] = MINIMUM;
  if (major > least || (major === least && minor >= leastMinor)) return node.ok(version);
  return node.fail(
    `${version} is too old`,
    `install Node ${MINIMUM.join('.')} or newer, preferably the current LTS`,
  );
}

export interface OwnAddress {
  /** The address that a service on this machine would announce, or why there is none. */
  readonly announced: string | Error;
  /** Whether it was configured. */
  readonly isGiven: boolean;
  /** The addresses of this machine's interfaces. */
  readonly interfaces: readonly string[];
  /** The local address of a request to the broker. */
  readonly towardsBroker: string | undefined;
  readonly isBrokerLocal: boolean;
}

/** Whether other machines can reach the address that services on this machine would announce. */
export function judgeAddress(own: OwnAddress): Finding {
  const { announced, isGiven, interfaces, towardsBroker, isBrokerLocal } = own;
  if (announced instanceof Error) {
    return address.fail(announced.message.split(': ', 1)[0] ?? '', GIVE_ONE);
  }
  const parsed = parseAddress(announced);
  if (!parsed.ok) return address.fail(`ROLLCALL_ADDRESS: ${parsed.refusal.reason}`, GIVE_ONE);
  const what = `services on this machine announce ${parsed.value}`;
  if (isLoopback(parsed.value)) {
    if (isBrokerLocal) return address.ok(`${what}, because the broker is on this machine`);
    return address.fail(
      `${what}, which other machines cannot reach, but the broker is on another machine`,
      towardsBroker === undefined ? GIVE_ONE : `set ROLLCALL_ADDRESS=${towardsBroker}, or unset it`,
    );
  }
  if (isGiven && !interfaces.includes(parsed.value)) {
    return address.warn(
      `${what}, which is not an address of this machine`,
      'correct ROLLCALL_ADDRESS, unless the address is forwarded here, as for a container or behind NAT',
    );
  }
  if (isBrokerLocal || isGiven || towardsBroker === undefined || towardsBroker === parsed.value) {
    return address.ok(what);
  }
  return address.warn(
    `${what}, but connect to the broker from ${towardsBroker}`,
    `if others cannot reach ${parsed.value}, set ROLLCALL_ADDRESS=${towardsBroker}`,
  );
}

const GIVE_ONE = 'set ROLLCALL_ADDRESS to the IP address where others reach this machine';
