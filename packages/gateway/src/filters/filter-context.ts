import type { Consumers } from './consumers.ts';
import { RemoteKeySet } from './key-set.ts';
import type { KeySet } from './key-set.ts';
import { ServiceClient } from './service-request.ts';
import type { SendRequest } from './service-request.ts';

/** What filters have besides their settings. */
export interface FilterContext extends FilterServices {
  /** The consumers of the configuration. */
  readonly consumers: Consumers;
}

/** Services of the process that filters use. They outlive a change of the configuration. */
export interface FilterServices {
  /** Whether requests are only explained: nothing is counted, and no other service is asked to decide. */
  readonly isDry: boolean;
  /** Milliseconds since 1970. */
  readonly date: () => number;
  /** Sends a request to a service that a filter depends on. */
  readonly send: SendRequest;
  /** Returns the keys at a URL, which all filters share. */
  readonly keySet: (url: string) => KeySet;
  close(): void;
}

export interface ServicesOptions {
  readonly isDry: boolean;
  /** Receives why a service that a filter depends on does not work. */
  readonly onFault: (filter: string, reason: string) => void;
}

/** Creates the services of this process. Nothing is connected to before it is needed. */
export function createFilterServices({ isDry, onFault }: ServicesOptions): FilterServices {
  const client = new ServiceClient();
  const keySets = new Map<string, KeySet>();
  return {
    isDry,
    date: Date.now,
    send: client.send,
    keySet(url) {
      const known = keySets.get(url);
      if (known !== undefined) return known;
      const keySet = new RemoteKeySet({
        url,
        send: client.send,
        now: () => performance.now(),
        onFault: (reason) => onFault('jwt', reason),
      });
      keySets.set(url, keySet);
      return keySet;
    },
    close: () => client.close(),
  };
}
