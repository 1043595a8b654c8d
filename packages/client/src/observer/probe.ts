import { DEFAULT_HEALTH_CHECK, DEFAULT_PROBE_RULES, RULES, probeVerdict } from '@rollcall/protocol';
import type { Announcement, Probed, ProbeOutcome } from '@rollcall/protocol';
import { connectionFailure, requestHealth } from '@rollcall/runtime';
import type { InstanceTls } from '@rollcall/runtime';

/** Probes instances. */
export class Prober {
  readonly #tlsFor: InstanceTls['optionsFor'];
  readonly #timeoutMs: number;

  /**
   * @param tlsFor returns how the connection to an instance is secured
   * @param timeoutMs how long a response may take
   */
  constructor(
    tlsFor: InstanceTls['optionsFor'],
    timeoutMs: number = DEFAULT_PROBE_RULES.timeoutMs,
  ) {
    this.#tlsFor = tlsFor;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Requests the health check of an instance, once its certificate has proven who it is, if it serves TLS.
   * @param onTimeout called each time that the time-out has passed without an answer. Returns whether the answer is still
   *   waited for: a busy instance would answer one request after another, each too late
   */
  async probe(
    announcement: Announcement,
    onTimeout: (probed: Probed) => boolean = () => false,
  ): Promise<Probed> {
    const { health } = announcement;
    const { method, path } = health ?? DEFAULT_HEALTH_CHECK;
    const probed = (outcome: ProbeOutcome): Probed => ({
      verdict: probeVerdict(outcome, announcement),
      by: 'probe',
      attempt: { method, path, outcome },
    });
    const outcome = await requestHealth(announcement, {
      timeoutMs: this.#timeoutMs,
      tls: this.#tlsFor(announcement),
      onOverdue: (times) =>
        times * this.#timeoutMs < RULES.patienceMs &&
        onTimeout({ ...probed({ code: 'ETIMEDOUT', isConnected: true }), isPending: true }),
    });
    return probed(outcome);
  }

  /** Opens a connection to an instance and closes it. That costs the instance next to nothing. */
  async connect(announcement: Announcement): Promise<Probed> {
    const { address, port } = announcement;
    const code = await connectionFailure({ host: address, port }, this.#timeoutMs);
    if (code === undefined) return { verdict: 'ok', by: 'connect' };
    const outcome = { code };
    return { verdict: probeVerdict(outcome, announcement), by: 'connect', attempt: { outcome } };
  }
}
