import { randomUUID } from 'node:crypto';
import { Observer } from '@rollcall/protocol';
import type { ObserverOptions } from '@rollcall/protocol';
import type { RegistryConfig } from '../transport/registry-config.ts';
import type { DiscoverOptions } from './discover-options.ts';

/** Creates the observer of a directory, with the defaults of `discover()`. */
export function createObserver(
  registry: RegistryConfig,
  options: DiscoverOptions,
  ownership?: ObserverOptions['ownership'],
): Observer {
  const { probes = 'suspect', probeRules, tableLimits, answersRollCalls = false } = options;
  const { name, policy, journal } = options;
  return new Observer({
    probes,
    probeRules,
    limits: tableLimits,
    answers: answersRollCalls,
    isSealed: registry.channels.isEncrypted,
    nonce: randomUUID,
    ...(name !== undefined && { name }),
    ...(policy !== undefined && { policy }),
    ...(ownership !== undefined && { ownership }),
    ...(journal !== undefined && { journal }),
  });
}
