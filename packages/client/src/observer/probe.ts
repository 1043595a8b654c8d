import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import {
  DEFAULT_HEALTH_CHECK,
  DEFAULT_PROBE_RULES,
  RULES,
  probeRequest,
  probeVerdict,
} from '@rollcall/protocol';
import type { Announcement, Probed, ProbeOutcome } from '@rollcall/protocol';
import { connectionFailure, httpRequest } from '@rollcall/runtime';

/** Probes instances. */
export class Prober {
  readonly #ca: string | undefined;
  readonly #timeoutMs: number;
  #secureContext: SecureContext | undefined;

  /**
   * @param ca the authorities that sign the certificates of instances that serve TLS, as PEM; by default
   *   the authorities of Node
   * @param timeoutMs how long a response may take
   */
  constructor(ca: string | undefined, timeoutMs: number = DEFAULT_PROBE_RULES.timeoutMs) {
    this.#ca = ca;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Requests the health check of an instance. Its certificate, if it serves TLS, has to be for its address.
   * @param onTimeout called each time that the time-out has passed without an answer. Returns whether the answer is still
   *   waited for: a busy instance would answer one request after another, each too late
   * @param servername what its certificate has to be for in place of its address
   */
  async probe(
    announcement: Announcement,
    onTimeout: (probed: Probed) => boolean = () => false,
    servername?: string,
  ): Promise<Probed> {
    const { scheme, health } = announcement;
    const { method, path } = health ?? DEFAULT_HEALTH_CHECK;
    const probed = (outcome: ProbeOutcome): Probed => ({
      verdict: probeVerdict(outcome, announcement),
      by: 'probe',
      attempt: { method, path, outcome },
    });
    const result = await httpRequest({
      ...probeRequest(announcement),
      timeoutMs: this.#timeoutMs,
      ...(scheme === 'https' && {
        tls: { secureContext: this.#trust(), ...(servername !== undefined && { servername }) },
      }),
      onOverdue: (times) =>
        times * this.#timeoutMs < RULES.patienceMs &&
        onTimeout({ ...probed({ code: 'ETIMEDOUT', isConnected: true }), isPending: true }),
    });
    return probed('status' in result ? { status: result.status } : result);
  }

  /** Opens a connection to an instance and closes it. That costs the instance next to nothing. */
  async connect(announcement: Announcement): Promise<Probed> {
    const { address, port } = announcement;
    const code = await connectionFailure({ host: address, port }, this.#timeoutMs);
    if (code === undefined) return { verdict: 'ok', by: 'connect' };
    const outcome = { code };
    return { verdict: probeVerdict(outcome, announcement), by: 'connect', attempt: { outcome } };
  }

  /** One context for all probes: making one takes milliseconds. */
  #trust(): SecureContext {
    return (this.#secureContext ??= createSecureContext({ ca: this.#ca }));
  }
}
