import { addressPolicy, isLoopback, parseAddress, RollcallError } from '@rollcall/protocol';
import type { AddressPolicy, AddressRules } from '@rollcall/protocol';
import type { OwnEndpoints } from './own-endpoints.ts';
import type { ResolvedConfig } from './settings/config.ts';

type Config = Pick<ResolvedConfig, 'host' | 'allow' | 'deny'>;

/** Returns why a configured upstream is not used at an address, or undefined if it is. */
export type UpstreamPolicy = (address: string, port: number) => string | undefined;

/** Which announced instances are accepted. */
export function instancePolicy({ host, allow, deny }: Config, own: OwnEndpoints): AddressPolicy {
  return policyBy({ allow, deny, allowsLoopback: isLoopback(host), ownAt: ownAt(own) });
}

/**
 * At which addresses configured upstreams are used. `allow` is not needed, because the configuration names them, but it
 * lets them be where no instance may be unless it is allowed.
 */
export function upstreamPolicy({ allow, deny }: Config, own: OwnEndpoints): UpstreamPolicy {
  const rules = { deny, allowsLoopback: true, ownAt: ownAt(own) };
  const [general, allowed] = [[], allow].map((each) => policyBy({ ...rules, allow: each }));
  return (written, port) => {
    const address = parseAddress(written);
    if (!address.ok) return address.refusal.reason;
    const at = { address: address.value, port };
    const refusal = general?.(at);
    return refusal !== undefined && allowed?.(at) !== undefined ? refusal.reason : undefined;
  };
}

function ownAt(own: OwnEndpoints): AddressRules['ownAt'] {
  return (address, port) => own.at(address, port);
}

/** @throws RollcallError ROLLCALL_CONFIG */
function policyBy(rules: AddressRules): AddressPolicy {
  const policy = addressPolicy(rules);
  if (typeof policy === 'string') throw new RollcallError('ROLLCALL_CONFIG', policy);
  return policy;
}
