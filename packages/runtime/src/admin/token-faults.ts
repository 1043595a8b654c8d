import type { Fault } from '../settings/check-settings.ts';
import { ADMIN_NAME } from './tokens.ts';

interface TokenSettings {
  readonly adminToken?: string | undefined;
  readonly adminTokenFile?: string | undefined;
  readonly adminTokens?: Readonly<Record<string, { readonly hash: string }>> | undefined;
}

/** Returns which tokens could be mistaken for another: by their name, or because two people have one token. */
export function adminTokenFaults({
  adminToken,
  adminTokenFile,
  adminTokens = {},
}: TokenSettings): Fault[] {
  const hasAdmin = adminToken !== undefined || adminTokenFile !== undefined;
  const owners = new Map<string, string>();
  return Object.entries(adminTokens).flatMap(([name, { hash }]) => {
    const owner = owners.get(hash) ?? name;
    owners.set(hash, owner);
    if (owner !== name) return [faultAt(name, 'hash', `is the token of ${owner}, too`)];
    if (hasAdmin && name === ADMIN_NAME)
      return [faultAt(name, undefined, 'has the name of the token that `adminToken` sets')];
    return [];
  });
}

function faultAt(name: string, key: string | undefined, problem: string): Fault {
  const path = ['adminTokens', name, ...(key === undefined ? [] : [key])];
  return { path, message: `\`${path.join('.')}\` ${problem}` };
}
