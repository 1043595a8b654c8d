import { discover } from '@rollcall/client';
import type { Directory, RegistryConfig } from '@rollcall/client';
import type { Journal } from '@rollcall/protocol';
import { silentLogger } from '@rollcall/runtime';
import type { InstanceCredentials, Logger } from '@rollcall/runtime';
import { instancePolicy } from './address-policies.ts';
import type { OwnEndpoints } from './own-endpoints.ts';
import type { ResolvedConfig } from './settings/config.ts';
import { ownershipOf } from './settings/owners.ts';

/** How long a starting gateway waits for the broker before it listens without. With `requireBroker`: for the broker. */
const MAX_WAIT_FOR_BROKER_MS = 1000;
const REQUIRED_BROKER_MS = 10_000;

export interface OpenDirectoryOptions {
  readonly config: ResolvedConfig;
  readonly registry: RegistryConfig;
  /** The name of the gateway in roll calls. */
  readonly name: string;
  /** No instance may announce one of these. */
  readonly own: OwnEndpoints;
  readonly journal: Journal;
  /** What probes trust and show. */
  readonly credentials: InstanceCredentials;
  readonly logger: Logger;
}

/**
 * Opens the directory of a gateway: it answers roll calls, and probes every instance.
 * @throws RollcallError ROLLCALL_CONFIG; with `requireBroker` also ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function openDirectory(options: OpenDirectoryOptions): Promise<Directory> {
  const { config, registry, name, own, journal, credentials, logger } = options;
  const { ca, certificate } = credentials;
  const { probes, table, requireBroker } = config;
  return discover({
    registry,
    name,
    answersRollCalls: true,
    probes: 'always',
    probeRules: probes,
    tableLimits: table,
    journal,
    policy: instancePolicy(config, own),
    ownership: ownershipOf(config),
    requireBroker,
    timeoutMs: requireBroker ? REQUIRED_BROKER_MS : MAX_WAIT_FOR_BROKER_MS,
    // That it is connected is one of the events which are logged anyway.
    logger: { ...silentLogger, warn: logger.warn.bind(logger) },
    ...(ca !== undefined && { instanceCa: ca }),
    ...(certificate !== undefined && { instanceCertificate: certificate }),
  });
}
