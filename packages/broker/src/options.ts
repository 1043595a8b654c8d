import { DEVELOPMENT_APP, isLoopback, RollcallError } from '@rollcall/protocol';
import type { AppCredentials } from './credentials.ts';

export interface BrokerOptions {
  /** The apps to serve: at least one. */
  readonly apps: readonly AppCredentials[];
  /** The address or host name to listen at. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port, to be read from {@link Broker.port}. */
  readonly port?: number;
  /** Silence after which a client is asked whether it is there, in milliseconds. Default 120,000. */
  readonly activityTimeoutMs?: number;
  /** Further silence after which it is given up, in milliseconds. Default 30,000. */
  readonly pongTimeoutMs?: number;
  /** Takes one line for each thing an operator may want to know. Never a secret. Default: nowhere. */
  readonly log?: (line: string) => void;
}

/** The options with defaults filled in. @throws {@link RollcallError} `ROLLCALL_CONFIG` */
export function readOptions(options: BrokerOptions): Required<BrokerOptions> {
  const host = options.host ?? '127.0.0.1';
  if (options.apps.length === 0) throw misconfigured('apps is empty; give at least one app');
  for (const app of options.apps) checkCredentials(app, host);
  return {
    apps: options.apps,
    host,
    port: wholeNumber('port', options.port ?? 0, 0, 65_535),
    activityTimeoutMs: milliseconds('activityTimeoutMs', options.activityTimeoutMs ?? 120_000),
    pongTimeoutMs: milliseconds('pongTimeoutMs', options.pongTimeoutMs ?? 30_000),
    log: options.log ?? (() => {}),
  };
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

/** The longest time a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

function milliseconds(option: string, value: number): number {
  return wholeNumber(option, value, 1, MAX_TIMER_MS);
}

function wholeNumber(option: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw misconfigured(`${option} is ${value}; it must be a whole number from ${min} to ${max}`);
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
