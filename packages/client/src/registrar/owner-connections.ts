import { AuthClient } from '../auth/auth-client.ts';
import type { AuthServer } from '../transport/auth-server.ts';
import { connectionsOf } from '../transport/registry-config.ts';
import type { OwnerConnection, RegistryConfig } from '../transport/registry-config.ts';

const known = new WeakMap<RegistryConfig | AuthServer, Promise<readonly OwnerConnection[]>>();

/**
 * A connection for each broker of a registry, the same for all owners that are given the same object.
 * @throws RollcallError ROLLCALL_AUTH_UNREACHABLE or ROLLCALL_AUTH_REFUSED, if an auth server names the registry
 */
export function ownerConnections(
  registry: RegistryConfig | AuthServer,
): Promise<readonly OwnerConnection[]> {
  let connections = known.get(registry);
  if (connections === undefined) {
    connections =
      'brokers' in registry
        ? Promise.resolve(connectionsOf(registry))
        : new AuthClient(registry).connections();
    known.set(registry, connections);
    connections.catch(() => known.delete(registry));
  }
  return connections;
}
