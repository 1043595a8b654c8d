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
    `install Node ${MINIMUM.join('.')} or newer, the current LTS at best`,
  );
}

export interface OwnAddress {
  /** What a service on this machine would announce, or why it could announce nothing. */
  readonly announced: string | Error;
  /** It was set, not found. */
  readonly isGiven: boolean;
  /** Every address that an interface of this machine has. */
  readonly interfaces: readonly string[];
  /** The one that a request to the broker left from. */
  readonly towardsBroker: string | undefined;
  readonly isBrokerLocal: boolean;
}

/** What services here would announce, beside where the broker is: others come from there. */
export function judgeAddress(own: OwnAddress): Finding {
  const { announced, isGiven, interfaces, towardsBroker, isBrokerLocal } = own;
  if (announced instanceof Error) {
    return address.fail(announced.message.split(': ', 1)[0] ?? '', GIVE_ONE);
  }
  const parsed = parseAddress(announced);
  if (!parsed.ok) return address.fail(`ROLLCALL_ADDRESS: ${parsed.refusal.reason}`, GIVE_ONE);
  const what = `services here announce ${parsed.value}`;
  if (isLoopback(parsed.value)) {
    if (isBrokerLocal) return address.ok(`${what}, as the broker is on this machine`);
    return address.fail(
      `${what}, which to every other machine means itself, and the broker is not on this one`,
      towardsBroker === undefined ? GIVE_ONE : `set ROLLCALL_ADDRESS=${towardsBroker}, or unset it`,
    );
  }
  if (isGiven && !interfaces.includes(parsed.value)) {
    return address.warn(
      `${what}, which no interface of this machine has`,
      'right if it is forwarded here, as of a container or behind NAT; otherwise correct ROLLCALL_ADDRESS',
    );
  }
  if (isBrokerLocal || isGiven || towardsBroker === undefined || towardsBroker === parsed.value) {
    return address.ok(what);
  }
  return address.warn(
    `${what}, and the way to the broker leaves from ${towardsBroker}`,
    `if others cannot reach ${parsed.value}, set ROLLCALL_ADDRESS=${towardsBroker}`,
  );
}

const GIVE_ONE = 'set ROLLCALL_ADDRESS to the IP address where others reach this machine';
