import type { Consumers } from './authentication/consumers.ts';
import { RemoteKeySet } from './authentication/key-set.ts';
import { FailedLogins } from './authentication/failed-logins.ts';
import type { KeySet } from './authentication/jwks.ts';
import { KeyFile } from './authentication/key-file.ts';
import { PasswordChecker } from './authentication/password-checker.ts';
import { FileTexts } from './file-texts.ts';
import { LocalLimits } from './limits/local-limits.ts';
import type { LocalLimitsOptions } from './limits/local-limits.ts';
import { redisLimits } from './limits/redis-limits.ts';
import type { SharedLimits } from './limits/redis-limits.ts';
import { ServiceClient } from './authentication/service-request.ts';
import type { SendRequest } from './authentication/service-request.ts';

/** What filters have besides their settings. */
export interface FilterContext extends FilterServices {
  /** The consumers of the configuration. */
  readonly consumers: Consumers;
  /** Whether the configuration has consumers, or authentication on any route: no client may name itself then. */
  readonly provesConsumers: boolean;
  /** What rate limits count for besides the route: a case that has a limit of its own. `''` for the route itself. */
  readonly limitScope: string;
}

/** Services of the process that filters use. They outlive a change of the configuration. */
export interface FilterServices {
  /** Whether requests are only explained: nothing is counted, and no other service is asked to decide. */
  readonly isDry: boolean;
  /** Milliseconds since 1970. */
  readonly date: () => number;
  /** The name of this gateway in `Via`. */
  readonly pseudonym: string;
  /** Reports that a service which a filter depends on does not work. */
  readonly onFault: (filter: string, reason: string) => void;
  /** Sends a request to a service that a filter depends on. */
  readonly send: SendRequest;
  /** Returns the keys at a URL, which all filters share. */
  readonly keySet: (url: string) => KeySet;
  /** Returns the keys in a file, which all filters share. */
  readonly keyFile: (file: string) => KeySet;
  /** The texts of files that settings name. */
  readonly files: FileTexts;
  /** Failed logins, by the addresses of clients. */
  readonly failedLogins: FailedLogins;
  readonly passwords: PasswordChecker;
  /** Rate limits of this gateway. */
  readonly limits: LocalLimits;
  /** Rate limits that gateways share. Undefined without Redis. */
  readonly sharedLimits: SharedLimits | undefined;
  /** Requests in flight, by what their limit counts for. */
  readonly inFlight: Map<string, number>;
  close(): void;
}

export interface ServicesOptions extends Pick<LocalLimitsOptions, 'share'> {
  readonly isDry: boolean;
  /** The name of this gateway in `Via`. */
  readonly pseudonym: string;
  /** Default: none. */
  readonly redisUrl?: string | undefined;
  /** Receives why a service that a filter depends on does not work. */
  readonly onFault: (filter: string, reason: string) => void;
}

/** Creates the services of this process. Nothing is connected to before it is needed. */
export function createFilterServices(options: ServicesOptions): FilterServices {
  const { isDry, pseudonym, redisUrl, share } = options;
  const onFault = limitFaults(options.onFault);
  const client = new ServiceClient();
  const sharedLimits =
    redisUrl === undefined
      ? undefined
      : redisLimits(redisUrl, (reason) => onFault('rateLimit', reason));
  const files = new FileTexts({ now, onFault });
  const limits = new LocalLimits({ now, share });
  const onKeyFault = (reason: string): void => onFault('jwt', reason);
  return {
    isDry,
    pseudonym,
    onFault,
    date: Date.now,
    send: client.send,
    keySet: remembered(
      (url) => new RemoteKeySet({ url, send: client.send, now, onFault: onKeyFault }),
    ),
    keyFile: remembered(
      (file) =>
        new KeyFile({ file, textOf: (each) => files.textOf(each, 'jwt'), onFault: onKeyFault }),
    ),
    files,
    failedLogins: new FailedLogins({ limits, isDry }),
    passwords: new PasswordChecker(now),
    limits,
    sharedLimits,
    inFlight: new Map(),
    close() {
      client.close();
      limits.close();
      sharedLimits?.close();
    },
  };
}

/** Monotonic milliseconds. */
function now(): number {
  return performance.now();
}

/** Returns a function that makes what belongs to a name once. */
function remembered<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}

const REPORT_EVERY_MS = 1000;

/** Reports one fault a second of each filter: while a service is away, each request could be one. */
function limitFaults(report: ServicesOptions['onFault']): ServicesOptions['onFault'] {
  const reportedAt = new Map<string, number>();
  return (filter, reason) => {
    const now = performance.now();
    if (now - (reportedAt.get(filter) ?? -Infinity) < REPORT_EVERY_MS) return;
    reportedAt.set(filter, now);
    report(filter, reason);
  };
}
