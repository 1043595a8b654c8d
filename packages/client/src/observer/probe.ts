import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import {
  DEFAULT_HEALTH_CHECK,
  DEFAULT_PROBE_RULES,
  probeRequest,
  probeVerdict,
} from '@rollcall/protocol';
import type { Announcement, Probed } from '@rollcall/protocol';
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

  /** Requests the health check of an instance. Its certificate, if it serves TLS, has to be for its address. */
  async probe(announcement: Announcement): Promise<Probed> {
    const { scheme, health } = announcement;
    const { method, path } = health ?? DEFAULT_HEALTH_CHECK;
    const result = await httpRequest({
      ...probeRequest(announcement),
      timeoutMs: this.#timeoutMs,
      ...(scheme === 'https' && { tls: { secureContext: this.#trust() } }),
    });
    const outcome = 'status' in result ? { status: result.status } : result;
    const verdict = probeVerdict(outcome, announcement);
    return { verdict, by: 'probe', attempt: { method, path, outcome } };
  }

  /** Opens a connection to an instance and closes it. That costs the instance next to nothing. */
  async connect(announcement: Announcement): Promise<Probed> {
    const { address, port } = announcement;
    const code = await connectionFailure({ host: address, port }, this.#timeoutMs);
    const verdict = code === undefined ? 'ok' : probeVerdict({ code }, announcement);
    return { verdict, by: 'connect' };
  }

  /** One context for all probes: making one takes milliseconds. */
  #trust(): SecureContext {
    return (this.#secureContext ??= createSecureContext({ ca: this.#ca }));
  }
}
