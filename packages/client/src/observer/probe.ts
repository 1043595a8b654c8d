import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import {
  DEFAULT_HEALTH_CHECK,
  DEFAULT_PROBE_RULES,
  isOwnShortage,
  probeVerdict,
} from '@rollcall/protocol';
import type { Announcement, Verdict } from '@rollcall/protocol';
import { httpRequest } from '@rollcall/runtime';

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
   * @returns undefined if this machine has run out of something: that shows nothing of the instance
   */
  async probe(announcement: Announcement): Promise<Verdict | undefined> {
    const { address, port, scheme, health = DEFAULT_HEALTH_CHECK } = announcement;
    const outcome = await httpRequest({
      host: address,
      port,
      ...health,
      timeoutMs: this.#timeoutMs,
      ...(scheme === 'https' && { tls: { secureContext: this.#trust() } }),
    });
    if ('code' in outcome && isOwnShortage(outcome.code)) return undefined;
    return probeVerdict(outcome, announcement);
  }

  /** One context for all probes: making one takes milliseconds. */
  #trust(): SecureContext {
    return (this.#secureContext ??= createSecureContext({ ca: this.#ca }));
  }
}
