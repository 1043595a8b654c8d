import type { Agent } from 'node:http';
import Pusher from 'pusher';
import { urlHost } from '@rollcall/protocol';
import type { ConnectionConfig } from './registry-config.ts';

const REQUEST_TIMEOUT_MS = 5000;

/** Pusher's server SDK for a registry. It signs requests and subscriptions, and encrypts. */
export function serverSdk(registry: ConnectionConfig, agent?: Agent): Pusher {
  const { server, masterKey } = registry;
  return new Pusher({
    appId: registry.appId,
    key: registry.key,
    secret: registry.secret,
    useTLS: registry.tls,
    // The SDK itself has no timeout.
    timeout: REQUEST_TIMEOUT_MS,
    ...(agent !== undefined && { agent }),
    ...(masterKey !== undefined && { encryptionMasterKeyBase64: masterKey }),
    ...('host' in server
      ? { host: urlHost(server.host), port: String(server.port) }
      : { cluster: server.cluster }),
  });
}
