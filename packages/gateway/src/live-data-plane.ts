import type { Directory } from '@rollcall/client';
import { filterFaults } from './data-plane/filter-faults.ts';
import type { DataPlane, DataPlaneSettings } from './data-plane/data-plane.ts';
import { logDroppedFields } from './data-plane/dropped-fields.ts';
import { LiveCertificate } from './data-plane/live-certificate.ts';
import { logShedClients } from './data-plane/shed-clients.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import type { InstanceStates } from './traffic/instance-states.ts';
import type { Logger } from '@rollcall/runtime';
import { createFilterServices } from './filters/filter-context.ts';
import { proxySettings } from './data-plane/in-process.ts';
import { dryRun } from './routing/dry-run.ts';
import type { DryRun } from './routing/dry-run.ts';
import { Rollouts } from './rollout/rollouts.ts';
import type { SavedRollout } from './rollout/rollouts.ts';
import { rolloutRules } from './rollout/rules.ts';
import { routingSettings } from './settings/config.ts';
import type { ResolvedConfig } from './settings/config.ts';
import { createDataPlane } from './workers/create-data-plane.ts';

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
  const { accessLog, traces } = config;
  const fixed = {
    pseudonym: name,
    accessLog,
    traces,
    ...(instanceCa !== undefined && { instanceCa }),
    ...(config.redis.url !== undefined && { redisUrl: config.redis.url }),
  };
  const certificate = config.tls && new LiveCertificate(config.tls);
  let current = config;
  const onFilterFault = filterFaults(telemetry, logger);
  const dryServices = createFilterServices({
    isDry: true,
    pseudonym: name,
    onFault: onFilterFault,
  });
  const plane = await createDataPlane({
    workers: config.workers,
    settings: settingsOf(current, certificate, fixed),
    directory,
    isTableComplete,
    traffic: telemetry.traffic,
    onReport: (worker, report) => telemetry.addReport(worker, report),
    onLoads: () => states.refresh(),
    onFilterFault,
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

  certificate?.start(() => plane.configure(settingsOf(current, certificate, fixed)), logger);
  return {
    listen: (port, host) => plane.listen(port, host),
    tableCompleted: () => plane.tableCompleted(),
    whenApplied: (call) => plane.whenApplied(call),
    rollouts,
    dryRun(request) {
      const routing = routingSettings(current);
      const proxy = proxySettings({ routing });
      return dryRun(request, {
        table: directory,
        settings: routing,
        services: dryServices,
        proxy,
        pseudonym: name,
      });
    },
    configure(changed) {
      plane.configure(settingsOf(changed, certificate, fixed));
      current = changed;
      rollouts.configure();
    },
    close() {
      clearInterval(ticks);
      certificate?.stop();
      for (const stop of stopLogging) stop();
      dryServices.close();
      return plane.close();
    },
  };
}

function settingsOf(
  config: ResolvedConfig,
  certificate: LiveCertificate | undefined,
  fixed: Omit<DataPlaneSettings, 'routing' | 'tls'>,
): DataPlaneSettings {
  return {
    ...fixed,
    routing: routingSettings(config),
    ...(certificate !== undefined && { tls: certificate.settings }),
  };
}
