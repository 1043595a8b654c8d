import { networkInterfaces } from 'node:os';
import type { Parts } from '../parts.ts';
import type { ResolvedConfig } from '../settings/config.ts';
import type { ExposureFacts } from './facts.ts';

/**
 * Collects what a running gateway knows of its deployment.
 * @param current its configuration now. Of what takes effect at the next start only, that of the start counts
 */
export function collectFacts(
  { config, registry, directory, audit }: Parts,
  current: ResolvedConfig,
): ExposureFacts {
  const { host, tls, adminHost } = config;
  return {
    registry,
    announcements: directory
      .entries()
      .flatMap(({ configuredAs, announcement }) =>
        configuredAs === undefined ? announcement : [],
      ),
    ownAddresses: ownAddresses(),
    now: Date.now(),
    gateway: {
      config: { ...current, host, tls, adminHost },
      audit: audit.state,
      unproven: directory.unproven().length,
    },
  };
}

/** Returns the addresses of this machine. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) =>
    all.map(({ address }) => address),
  );
}
