import type { AuditLog } from '../audit/audit-log.ts';
import type { RunningAuthServer } from '../auth/auth-server.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Directory } from '@rollcall/client';
import type { DataPlane } from '../data-plane/data-plane.ts';
import { TrafficHistory, WINDOW_MS } from '../traffic/traffic-history.ts';
import type { InstanceStates } from '../traffic/instance-states.ts';
import { ProcessSampler } from '../traffic/process-sample.ts';
import type { ProcessReport } from '../traffic/process-report.ts';
import { TrafficCounter } from '../traffic/traffic-counter.ts';
import { addCertificateMetrics } from './certificate-metrics.ts';
import type { CertificateFacts } from './certificate-metrics.ts';
import { addDiscoveryMetrics } from './discovery-metrics.ts';
import { LabelCounter } from './label-counter.ts';
import { MetricsRegistry } from './metrics-registry.ts';
import { addProcessMetrics, ProcessSamples } from './process-metrics.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import { addVersionMetrics } from './version-metrics.ts';
import { addTrafficMetrics } from './traffic-metrics.ts';

const SAMPLE_EVERY_MS = 1000;

/** Measures a gateway, all of its processes together. */
export class Telemetry {
  readonly traffic: TrafficCounter;
  readonly history: TrafficHistory;
  readonly #registry = new MetricsRegistry();
  readonly #processes = new ProcessSamples();
  readonly #sampler = new ProcessSampler();
  readonly #filterFaults = new LabelCounter();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(directory: Directory, states: InstanceStates) {
    this.traffic = new TrafficCounter(directory.instances());
    directory.on('change', (change) => this.traffic.apply(change));
    directory.on('prefix-forgotten', (prefix) => {
      // Workers may have counts to report.
      setTimeout(() => {
        if (!directory.knows(prefix)) this.traffic.forgetRoute(prefix);
      }, 3 * SAMPLE_EVERY_MS).unref();
    });
    this.history = new TrafficHistory(this.traffic);
    this.#timers = [
      setInterval(() => this.#processes.add('main', this.#sampler.sample()), SAMPLE_EVERY_MS),
      setInterval(() => void this.history.endWindow(Date.now()), WINDOW_MS),
    ];
    addDiscoveryMetrics(this.#registry, { directory, states, now: Date.now });
    addProcessMetrics(this.#registry, this.#processes);
    this.#registry.counter(
      {
        name: 'filter_faults_total',
        help: 'Failures of services that filters depend on, such as the keys of an issuer',
      },
      () => [...this.#filterFaults],
    );
  }

  /** Adds the metrics of traffic, once there is a data plane. */
  observe(plane: Pick<DataPlane, 'loads'>): void {
    addTrafficMetrics(this.#registry, {
      traffic: this.traffic,
      loads: () => plane.loads(),
    });
  }

  /** Adds the metrics of certificates. */
  observeCertificates(certificates: CertificateFacts): void {
    addCertificateMetrics(this.#registry, certificates);
  }

  /** Adds the metrics of versions. */
  observeVersions(rollouts: Pick<Rollouts, 'prefixes' | 'of'>): void {
    addVersionMetrics(this.#registry, rollouts);
  }

  /** Adds the metrics of the audit log. */
  observeAudit({ counts }: Pick<AuditLog, 'counts'>): void {
    this.#registry.counter(
      { name: 'admin_changes_total', help: 'Changes by operators, and reloads' },
      () => [...counts],
    );
  }

  /** Adds the metrics of notifications. */
  observeNotifications({ counts }: Pick<Notifier, 'counts'>): void {
    this.#registry.counter(
      { name: 'notifications_total', help: 'Messages about events that were sent to a target' },
      () => [...counts],
    );
  }

  /** Adds the metrics of the auth server. */
  observeAuth({ counts }: Pick<RunningAuthServer, 'counts'>): void {
    this.#registry.counter(
      { name: 'auth_requests_total', help: 'Requests to the auth server' },
      () => [...counts],
    );
  }

  /** A service that a filter depends on does not work. */
  filterFault(filter: string): void {
    this.#filterFaults.add({ filter });
  }

  /** Adds what a worker counted. */
  addReport(worker: string, { traffic, process }: ProcessReport): void {
    this.traffic.add(traffic);
    this.#processes.add(worker, process);
  }

  readonly contentType: string = this.#registry.registry.contentType;

  /** Returns all metrics in the text format of Prometheus. */
  expose(): Promise<string> {
    return this.#registry.registry.metrics();
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sampler.close();
  }
}
