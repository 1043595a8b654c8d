import { urlHost } from '@rollcall/protocol';

/** A broker of a registry as clients reach it. */
export interface BrokerAddress {
  /** The key of the app, which is public: web pages contain it. */
  readonly key: string;
  /** Whether connections to the server use TLS. */
  readonly tls: boolean;
  /**
   * The server: a self-hosted or embedded broker, with one port for HTTP and WebSocket, or a cluster of hosted
   * Pusher such as `eu`.
   */
  readonly server: { readonly host: string; readonly port: number } | { readonly cluster: string };
  /**
   * What names it: `variables` such as `PUSHER_HOST`, the `list` in `ROLLCALL_BROKERS`, an `auth` server, or `nothing`, so that it
   * is the embedded broker on this machine.
   */
  readonly source: 'variables' | 'list' | 'auth' | 'nothing';
}

/** A broker of a registry, and the credentials to use it. */
export interface BrokerConfig extends BrokerAddress {
  /** The id of the app. Pusher's are numbers. */
  readonly appId: string;
  /** The secret of the app. It signs requests and subscriptions. */
  readonly secret: string;
}

/** A broker in words, for logs and errors: `127.0.0.1:6001` or `hosted Pusher (cluster eu)`. */
export function describeBroker({ server }: Pick<BrokerAddress, 'server'>): string {
  if ('cluster' in server) return `hosted Pusher (cluster ${server.cluster})`;
  return `${urlHost(server.host)}:${server.port}`;
}

/** The variables that name a broker, for advice. */
export interface BrokerVariables {
  /** What names its host and port, or its cluster. */
  readonly address: string;
  /** What names the app, its key and its secret. */
  readonly app: string;
  /** What says whether connections use TLS, and the values for that. */
  readonly tls: { readonly on: string; readonly off: string };
}

/** The variables that name a broker. */
export function variablesOf({ source, server }: BrokerAddress): BrokerVariables {
  if (source === 'auth') {
    const there = 'at the auth server that ROLLCALL_AUTH_URL names';
    return {
      address: `the broker ${there}`,
      app: `the app ${there}`,
      tls: { on: `correct the broker ${there}`, off: `correct the broker ${there}` },
    };
  }
  if (source === 'list') {
    return {
      address: 'its URL in ROLLCALL_BROKERS',
      app: 'the key, the secret and the id of the app in its URL in ROLLCALL_BROKERS',
      tls: { on: 'begin its URL with https', off: 'begin its URL with http' },
    };
  }
  return {
    address: 'cluster' in server ? 'PUSHER_APP_CLUSTER' : 'PUSHER_HOST and PUSHER_PORT',
    app: 'PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET',
    tls: { on: 'set PUSHER_APP_SECURE=1', off: 'set PUSHER_APP_SECURE=0' },
  };
}
