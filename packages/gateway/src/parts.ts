import { randomBytes } from 'node:crypto';
import type { RegistryConfig, Directory } from '@rollcall/client';
import { isLoopback, Journal } from '@rollcall/protocol';
import type { Logger } from '@rollcall/runtime';
import { upstreamPolicy } from './address-policies.ts';
import { Access } from './admin/access.ts';
import { openAuditLog } from './audit/audit-log.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { CATALOG_HOST } from './catalog/servers.ts';
import { openCertificates } from './certificates/certificates.ts';
import type { Certificates } from './certificates/certificates.ts';
import { InstanceFiles } from './certificates/instance-files.ts';
import { createLiveDataPlane } from './live-data-plane.ts';
import type { LiveDataPlane } from './live-data-plane.ts';
import { Telemetry } from './metrics/telemetry.ts';
import { Notifier } from './notify/notifier.ts';
import { openDirectory } from './open-directory.ts';
import { OwnEndpoints } from './own-endpoints.ts';
import type { ResolvedConfig } from './settings/config.ts';
import { keepSnapshot } from './snapshot/keep.ts';
import { InstanceStates } from './traffic/instance-states.ts';
import { configuredServers } from './upstreams/configured-servers.ts';
import { Upstreams } from './upstreams/upstreams.ts';

/** What a gateway needs besides its configuration. */
export interface Surroundings {
  /** The registry to subscribe to, as {@link registryFromEnv} of `@rollcall/client` reads it. */
  readonly registry: RegistryConfig;
  /** Gets a line for each event, in pino's order of arguments. Default: nothing is logged. */
  readonly logger?: Logger;
  /** A folder of static files to serve at the admin port, such as that of `@rollcall/dashboard`. Default: none. */
  readonly dashboard?: string | undefined;
}

/** Returns the port above the gateway's; 0 if that is 0 or the last one. */
export function defaultAdminPort(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

/** What has been started, to be closed in the reverse order. */
export class Closing {
  readonly #steps: (() => void | Promise<void>)[] = [];

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) await step();
  }
}

/** What a gateway consists of. */
export interface Parts extends Required<Surroundings> {
  readonly config: ResolvedConfig;
  /** The name in `Via` and in roll calls. */
  readonly name: string;
  readonly own: OwnEndpoints;
  readonly journal: Journal;
  readonly directory: Directory;
  /** When it was opened, on the clock of `performance.now()`. */
  readonly openedAt: number;
  readonly telemetry: Telemetry;
  readonly states: InstanceStates;
  readonly upstreams: Upstreams;
  readonly certificates: Certificates;
  readonly plane: LiveDataPlane;
  readonly notifier: Notifier;
  /** Who may use the admin API. */
  readonly access: Access;
  readonly audit: AuditLog;
}

/** Creates what a gateway consists of. */
export async function createParts(
  config: ResolvedConfig,
  surroundings: Required<Surroundings>,
  closing: Closing,
): Promise<Parts> {
  const { registry, logger } = surroundings;
  const instanceFiles = new InstanceFiles(config, logger);
  // Not the name of the machine, because every instance and its operators can read it.
  const name = `rollcall-${randomBytes(8).toString('hex')}`;
  const journal = new Journal();
  const own = ownEndpoints(config, registry);
  const directory = await openDirectory({
    config,
    registry,
    name,
    own,
    journal,
    credentials: instanceFiles.credentials,
    logger,
  });
  closing.add(() => directory.close());
  const openedAt = performance.now();
  const states = new InstanceStates({
    directory,
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
  });
  closing.add(() => states.close());
  const telemetry = new Telemetry(directory, states);
  closing.add(() => telemetry.close());
  const snapshot = await keepSnapshot(directory, config.snapshot, logger);
  closing.add(() => snapshot.close());
  const audit = await openAuditLog(config.auditLog, logger);
  closing.add(() => audit.close());
  telemetry.observeAudit(audit);
  const access = new Access({
    isLocal: isLoopback(config.adminHost),
    settings: config,
    logger,
    now: Date.now,
  });
  closing.add(() => access.close());
  const upstreams = new Upstreams({ directory, logger, policy: upstreamPolicy(config, own) });
  closing.add(() => upstreams.close());
  upstreams.configure(configuredServers(config), () => {});
  const certificates = await openCertificates({ config, registry, logger });
  telemetry.observeCertificates(certificates);
  const plane = await createLiveDataPlane({
    certificates,
    directory,
    isTableComplete: directory.isConnected,
    telemetry,
    states,
    config,
    savedRollouts: snapshot.rollouts,
    instanceFiles,
    name,
    logger,
  });
  closing.add(() => plane.close());
  snapshot.follow(plane.rollouts);
  telemetry.observeVersions(plane.rollouts);
  const notifier = new Notifier({
    config,
    name,
    registry,
    directory,
    states,
    rollouts: plane.rollouts,
    certificates,
    logger,
  });
  closing.add(() => notifier.close());
  telemetry.observeNotifications(notifier);
  const known = {
    own,
    journal,
    directory,
    openedAt,
    telemetry,
    states,
    upstreams,
    certificates,
    notifier,
    access,
    audit,
  };
  return { ...surroundings, ...known, config, name, plane };
}

/** The endpoints that no instance may announce. */
function ownEndpoints(config: ResolvedConfig, registry: RegistryConfig): OwnEndpoints {
  const { host, port, adminHost, adminPort = defaultAdminPort(port), dnsPort, xdsPort } = config;
  const own = new OwnEndpoints();
  own.add('this gateway itself', host, port);
  own.add("this gateway's admin API", adminHost, adminPort);
  for (const each of [dnsPort, xdsPort])
    if (each !== undefined) own.add("this gateway's catalog", CATALOG_HOST, each);
  for (const { server } of registry.brokers)
    if ('host' in server) own.addServer('the broker', server);
  return own;
}
