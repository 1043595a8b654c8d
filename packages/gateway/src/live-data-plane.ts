import type { Directory } from '@rollcall/client';
import { filterFaults } from './data-plane/filter-faults.ts';
import type { DataPlane, DataPlaneSettings } from './data-plane/data-plane.ts';
import { logDroppedFields } from './data-plane/dropped-fields.ts';
import { logShedClients } from './data-plane/shed-clients.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import type { InstanceStates } from './traffic/instance-states.ts';
import type { Logger } from '@rollcall/runtime';
import type { Certificates } from './certificates/certificates.ts';
import type { InstanceFiles } from './certificates/instance-files.ts';
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
  /** What connections to instances trust and show. */
  readonly instanceFiles: InstanceFiles;
  /** The name of the gateway in `Via`. */
  readonly name: string;
  readonly certificates: Certificates;
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
  const {
    directory,
    isTableComplete,
    telemetry,
    states,
    config,
    instanceFiles,
    name,
    certificates,
    logger,
  } = options;
  const { accessLog, traces, tls } = config;
  const { savedRollouts } = options;
  const fixed = {
    pseudonym: name,
    accessLog,
    traces,
    ...(config.redis.url !== undefined && { redisUrl: config.redis.url }),
  };
  let current = config;
  let redirectPort = config.port;
  const settings = (): DataPlaneSettings => settingsOf(current);
  const onFilterFault = filterFaults(telemetry, logger);
  const dryServices = createFilterServices({
    isDry: true,
    pseudonym: name,
    onFault: onFilterFault,
  });
  const plane = await createDataPlane({
    workers: config.workers,
    settings: settings(),
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
  states.observe(plane, rollouts);

  certificates.start({
    apply: () => plane.configure(settings()),
    whenApplied: (call) => plane.whenApplied(call),
  });
  instanceFiles.start(() => {
    directory.setInstanceCredentials(instanceFiles.credentials);
    plane.configure(settings());
  });
  function settingsOf(by: ResolvedConfig): DataPlaneSettings {
    const secure = certificates.tls();
    const challenges = certificates.challenges();
    const isRedirecting = by.tls.http === 'redirect';
    return {
      ...fixed,
      instanceCredentials: instanceFiles.credentials,
      routing: routingSettings(by),
      ...(secure !== undefined && { tls: secure }),
      ...(tls.httpPort !== undefined && {
        plainHttp: { redirectPort: isRedirecting ? redirectPort : undefined, challenges },
      }),
    };
  }
  return {
    async listen(ports, host) {
      const bound = await plane.listen(ports, host);
      redirectPort = portOf(current.domain) ?? bound.port;
      if (bound.httpPort !== undefined) plane.configure(settings());
      return bound;
    },
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
      plane.configure(settingsOf(changed));
      current = changed;
      certificates.configure(changed);
      rollouts.configure();
    },
    close() {
      clearInterval(ticks);
      certificates.close();
      instanceFiles.stop();
      for (const stop of stopLogging) stop();
      dryServices.close();
      return plane.close();
    },
  };
}

/** The port that a domain names: clients reach the gateway by it, which may listen on another. */
function portOf(domain = ''): number | undefined {
  const [, port] = /:([0-9]+)(?:,|$)/.exec(domain) ?? [];
  return port === undefined ? undefined : Number(port);
}
