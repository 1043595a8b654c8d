import { DEVELOPMENT_APP, isLoopback, RollcallError } from '@rollcall/protocol';
import { silentLogger } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { AppCredentials } from './credentials.ts';
import { WEBHOOK_EVENTS } from './webhooks/event.ts';
import type { WebhookEventName } from './webhooks/event.ts';

export interface WebhookOptions {
  /** `http:` or `https:`. */
  readonly url: string;
  /** What it is told of. Default: everything. */
  readonly events?: readonly WebhookEventName[];
}

/** An app and what it may. */
export interface AppOptions extends AppCredentials {
  /** `false`: connections are refused with 4003 and requests with 403. Default `true`. */
  readonly enabled?: boolean;
  /** Connections at a time; more are refused with 4004. Default 10,000. */
  readonly maxConnections?: number;
  /** Whether subscribers hear how many they are. Default `false`, as on hosted Pusher. */
  readonly subscriptionCounts?: boolean;
  /** Who is told what happens in the app. Default: no one. */
  readonly webhooks?: readonly WebhookOptions[];
}

export interface TlsOptions {
  /** The certificate and those that lead to its root, as PEM. */
  readonly cert: string;
  /** Its private key, as PEM. */
  readonly key: string;
}

export interface MetricsOptions {
  /** Default `127.0.0.1`: metrics tell of apps, and whoever reaches them may read them. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface BrokerOptions {
  /** The apps to serve: at least one. */
  readonly apps: readonly AppOptions[];
  /** The address or host name to listen at. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port, to be read from {@link Broker.port}. */
  readonly port?: number;
  /** Serves TLS, and nothing else, at that port. Default: none. */
  readonly tls?: TlsOptions | undefined;
  /** Where Prometheus finds `/metrics`. Default: nowhere. */
  readonly metrics?: MetricsOptions | undefined;
  /** Silence after which a client is asked whether it is there, in milliseconds. Default 120,000. */
  readonly activityTimeoutMs?: number;
  /** Further silence after which it is given up, in milliseconds. Default 30,000. */
  readonly pongTimeoutMs?: number;
  /** Channels that one connection may be subscribed to at a time. Default 20,000. */
  readonly maxSubscriptions?: number;
  /** Of these, public ones, which need no signature. Default 1,000: some 2 MB of the broker's memory. */
  readonly maxPublicSubscriptions?: number;
  /** What one connection may leave unread, in bytes, before it is cut off. Default 1 MiB. */
  readonly maxUnreadBytes?: number;
  /** Gets a line for each event, in pino's order of arguments; never a secret. Default: nothing is logged. */
  readonly logger?: Logger;
}

/** The options with defaults filled in. */
export type Settings = Required<Omit<BrokerOptions, 'tls' | 'metrics'>> & {
  readonly tls: TlsOptions | undefined;
  readonly metrics: Required<MetricsOptions> | undefined;
};

const DEFAULT_MAX_CONNECTIONS = 10_000;

/** @throws {@link RollcallError} `ROLLCALL_CONFIG` */
export function readOptions(options: BrokerOptions): Settings {
  const host = options.host ?? '127.0.0.1';
  if (options.apps.length === 0) throw misconfigured('apps is empty; give at least one app');
  return {
    apps: options.apps.map((app) => readApp(app, host)),
    host,
    port: portNumber('port', options.port ?? 0),
    tls: options.tls,
    metrics: options.metrics && {
      host: options.metrics.host ?? '127.0.0.1',
      port: portNumber('metrics.port', options.metrics.port),
    },
    activityTimeoutMs: milliseconds('activityTimeoutMs', options.activityTimeoutMs ?? 120_000),
    pongTimeoutMs: milliseconds('pongTimeoutMs', options.pongTimeoutMs ?? 30_000),
    maxSubscriptions: count('maxSubscriptions', options.maxSubscriptions ?? 20_000),
    maxPublicSubscriptions: count(
      'maxPublicSubscriptions',
      options.maxPublicSubscriptions ?? 1_000,
    ),
    maxUnreadBytes: count('maxUnreadBytes', options.maxUnreadBytes ?? 1_048_576),
    logger: options.logger ?? silentLogger,
  };
}

function readApp(app: AppOptions, host: string): AppOptions {
  checkCredentials(app, host);
  for (const { url, events } of app.webhooks ?? []) {
    if (!/^https?:$/.test(protocolOf(url))) {
      throw misconfigured(`a webhook of app ${app.appId} has no http: or https: URL`);
    }
    const unknown = events?.find((event) => !WEBHOOK_EVENTS.includes(event));
    if (unknown !== undefined) {
      throw misconfigured(
        `a webhook of app ${app.appId} names the event ${unknown}; there are ${WEBHOOK_EVENTS.join(', ')}`,
      );
    }
  }
  const maxConnections = app.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  return { ...app, maxConnections: count(`maxConnections of app ${app.appId}`, maxConnections) };
}

function checkCredentials({ appId, key, secret }: AppCredentials, host: string): void {
  // Both stand in paths of URLs, and a key in front of the colon of a token.
  if (!/^[\w-]+$/.test(appId) || !/^[\w-]+$/.test(key)) {
    throw misconfigured('appId and key of an app must be of A-Z a-z 0-9 _ -');
  }
  if (secret === '') throw misconfigured(`the secret of app ${appId} is empty`);
  if (secret === DEVELOPMENT_APP.secret && !isLoopback(host)) {
    throw misconfigured(
      `the development credentials are public and host ${host} can be reached from outside; give an app with a key and secret of its own, or listen at 127.0.0.1`,
    );
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

/** The longest time a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

function milliseconds(option: string, value: number): number {
  return wholeNumber(option, value, 1, MAX_TIMER_MS);
}

function portNumber(option: string, value: number): number {
  return wholeNumber(option, value, 0, 65_535);
}

function count(option: string, value: number): number {
  return wholeNumber(option, value, 1, Number.MAX_SAFE_INTEGER);
}

function wholeNumber(option: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw misconfigured(`${option} is ${value}; it must be a whole number from ${min} to ${max}`);
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
