import type { Agent } from 'node:http';
import Pusher from 'pusher';
import { urlHost } from './connection.ts';
import type { RegistryConfig } from './connection.ts';

const REQUEST_TIMEOUT_MS = 5000;

/** The official server SDK for a connection. It signs requests and subscriptions, and encrypts. */
export function serverSdk(connection: RegistryConfig, agent?: Agent): Pusher {
  const { server, masterKey } = connection;
  return new Pusher({
    appId: connection.appId,
    key: connection.key,
    secret: connection.secret,
    useTLS: connection.tls,
    // The SDK itself sets none.
    timeout: REQUEST_TIMEOUT_MS,
    ...(agent !== undefined && { agent }),
    ...(masterKey !== undefined && { encryptionMasterKeyBase64: masterKey }),
    ...('host' in server
      ? { host: urlHost(server.host), port: String(server.port) }
      : { cluster: server.cluster }),
  });
}
