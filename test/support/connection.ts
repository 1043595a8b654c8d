import { randomUUID } from 'node:crypto';
import { connectionsOf, registryFromEnv } from '@rollcall/client';
import type { ConnectionConfig, RegistryConfig } from '@rollcall/client';

/** Each file has a secret of its own: what another has left behind cannot enter its registry. */
export const APP = { appId: '42', key: 'test-key', secret: randomUUID() as string } as const;

/** The registry of a broker on this machine, as read from the environment. */
export function connectionTo(port: number, env: Record<string, string> = {}): RegistryConfig {
  return registryFromEnv({
    PUSHER_APP_ID: APP.appId,
    PUSHER_APP_KEY: APP.key,
    PUSHER_APP_SECRET: APP.secret,
    PUSHER_HOST: '127.0.0.1',
    PUSHER_PORT: String(port),
    ...env,
  });
}

/** The connection to the one broker of a registry. */
export function onlyConnection(registry: RegistryConfig): ConnectionConfig {
  return connectionsOf(registry)[0];
}
