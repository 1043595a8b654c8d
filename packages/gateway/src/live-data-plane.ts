import { randomBytes } from 'node:crypto';
import type { Directory } from '@rollcall/client';
import { RollcallError } from '@rollcall/protocol';
import { FileWatch, readCertificate } from '@rollcall/runtime';
import type { DataPlane, DataPlaneSettings } from './data-plane/data-plane.ts';
import { logDroppedFields } from './data-plane/dropped-fields.ts';
import { logShedClients } from './data-plane/shed-clients.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import type { InstanceStates } from './traffic/instance-states.ts';
import type { Certificate, Logger } from '@rollcall/runtime';
import { proxySettings } from './data-plane/in-process.ts';
import { dryRun } from './routing/dry-run.ts';
import type { DryRun } from './routing/dry-run.ts';
import { Rollouts } from './rollout/rollouts.ts';
import type { SavedRollout } from './rollout/rollouts.ts';
import { rolloutRules } from './rollout/rules.ts';
import { routingSettings } from './settings/config.ts';
import type { ResolvedConfig } from './settings/config.ts';
import { createDataPlane } from './workers/create-data-plane.ts';

const CHECK_CERTIFICATE_EVERY_MS = 2000;

/** How often the versions of services are compared. */
const TICK_MS = 1000;

export interface LiveDataPlaneOptions {
  readonly directory: Directory;
  /** Whether the table was received from the registry. */
  readonly isTableComplete: boolean;
  readonly telemetry: Telemetry;
  readonly states: InstanceStates;
  readonly config: ResolvedConfig;
  /** What an earlier run decided about versions. */
  readonly savedRollouts: readonly SavedRollout[];
  /** The CA of instances that speak TLS, as PEM. Default: the CAs that Node trusts. */
  readonly instanceCa: string | undefined;
  /** The name of the gateway in `Via`. */
  readonly name: string;
  readonly logger: Logger;
}

/** A data plane that keeps itself up to date. */
export interface LiveDataPlane extends Pick<
  DataPlane,
  'listen' | 'tableCompleted' | 'whenApplied' | 'close'
> {
  /** Runs a request by the current configuration, up to the instance. */
  readonly dryRun: DryRun;
  /** What was decided about versions. */
  readonly rollouts: Rollouts;
  /** @throws RollcallError ROLLCALL_CONFIG; the previous configuration then stays */
  configure(config: ResolvedConfig): void;
}

/**
 * Creates a data plane that follows the directory, the configuration and the files of its certificate.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export async function createLiveDataPlane(options: LiveDataPlaneOptions): Promise<LiveDataPlane> {
  const { directory, isTableComplete, telemetry, states, config, instanceCa, name, logger } =
    options;
  const { savedRollouts } = options;
  const { tls, accessLog, traces } = config;
  const fixed = {
    pseudonym: name,
    accessLog,
    traces,
    ...(instanceCa !== undefined && { instanceCa }),
  };
  let current = config;
  // The same in all workers, so that each resumes the sessions of the others.
  const ticketKeys = randomBytes(48);
  const files = tls && new FileWatch([tls.cert, tls.key]);
  let certificate = tls && readCertificate(tls);
  const settings = (): DataPlaneSettings => settingsOf(current, certificate, ticketKeys, fixed);
  const plane = await createDataPlane({
    workers: config.workers,
    settings: settings(),
    directory,
    isTableComplete,
    traffic: telemetry.traffic,
    onReport: (worker, report) => telemetry.addReport(worker, report),
    onLoads: () => states.refresh(),
    logger,
  });
  telemetry.observe(plane);
  const stopLogging = [logShedClients(plane, logger), logDroppedFields(telemetry.traffic, logger)];
  const rollouts = new Rollouts({
    directory,
    rulesOf: (prefix) => rolloutRules(current, prefix),
    saved: savedRollouts,
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
    onSplit: (prefix, split) => plane.split(prefix, split),
  });
  const ticks = setInterval(() => rollouts.tick(plane.takeEvidence()), TICK_MS);
  ticks.unref();
  // Before the data plane takes in the change, so that a new version does not receive its whole share for a moment.
  directory.on('change', (change) => rollouts.apply(change));
  directory.on('change', (change) => plane.apply(change));
  directory.on('prefix-forgotten', (prefix) => {
    rollouts.forgetPrefix(prefix);
    plane.forgetPrefix(prefix);
  });
  // After the data plane has taken in the change.
  states.observe(plane);

  files?.start(reloadCertificate, CHECK_CERTIFICATE_EVERY_MS);
  function reloadCertificate(): void {
    if (tls === undefined) return;
    try {
      certificate = readCertificate(tls);
      plane.configure(settings());
      logger.info({ file: tls.cert }, 'reloaded certificate');
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      // One of the two files may still be on its way.
      logger.error(
        { reason: error.message },
        'cannot reload certificate: keeping the previous one',
      );
    }
  }
  return {
    listen: (port, host) => plane.listen(port, host),
    tableCompleted: () => plane.tableCompleted(),
    whenApplied: (call) => plane.whenApplied(call),
    rollouts,
    dryRun(request) {
      const routing = routingSettings(current);
      const proxy = proxySettings({ routing });
      return dryRun(request, { table: directory, settings: routing, proxy, pseudonym: name });
    },
    configure(changed) {
      plane.configure(settingsOf(changed, certificate, ticketKeys, fixed));
      current = changed;
      rollouts.configure();
    },
    close() {
      clearInterval(ticks);
      files?.stop();
      for (const stop of stopLogging) stop();
      return plane.close();
    },
  };
}

function settingsOf(
  config: ResolvedConfig,
  certificate: Certificate | undefined,
  ticketKeys: Uint8Array,
  fixed: Omit<DataPlaneSettings, 'routing' | 'tls'>,
): DataPlaneSettings {
  return {
    ...fixed,
    routing: routingSettings(config),
    ...(certificate !== undefined && { tls: { certificate, ticketKeys } }),
  };
}
