import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { DEFAULT_HEALTH_PATH, DEFAULT_PROBE_RULES, isHealthyStatus } from '@rollcall/protocol';
import type { Announcement, Verdict } from '@rollcall/protocol';
import { httpRequest } from '@rollcall/runtime';
import type { HttpFailure, HttpResponse } from '@rollcall/runtime';

/** Asks instances whether they are well. */
export class Prober {
  readonly #ca: string | undefined;
  readonly #timeoutMs: number;
  #secureContext: SecureContext | undefined;

  /**
   * @param ca who signs the certificates of instances that speak TLS, as PEM; without, whom Node trusts
   * @param timeoutMs how long an answer may take
   */
  constructor(ca: string | undefined, timeoutMs: number = DEFAULT_PROBE_RULES.timeoutMs) {
    this.#ca = ca;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * 2xx or 3xx on its health path. One that has named no path is asked for `/health`, and if it knows no such
   * thing (404), that it answers at all will do. One that speaks TLS has to show that it is at that address.
   */
  async probe({ address, port, health, scheme }: Announcement): Promise<Verdict> {
    const outcome = await httpRequest({
      host: address,
      port,
      path: health?.path ?? DEFAULT_HEALTH_PATH,
      method: health?.method ?? 'GET',
      timeoutMs: this.#timeoutMs,
      ...(scheme === 'https' && { tls: { secureContext: this.#trust() } }),
    });
    return verdictOf(outcome, health !== undefined);
  }

  /** One for all: to make one takes milliseconds. */
  #trust(): SecureContext {
    return (this.#secureContext ??= createSecureContext({ ca: this.#ca }));
  }
}

function verdictOf(outcome: HttpResponse | HttpFailure, isPathAnnounced: boolean): Verdict {
  if ('status' in outcome)
    return isHealthyStatus(outcome.status, isPathAnnounced) ? 'ok' : 'failed';
  if (outcome.code === 'ECONNREFUSED') return 'refused';
  // It listens, and speaks a protocol other than HTTP.
  return !isPathAnnounced && outcome.code.startsWith('HPE_') ? 'ok' : 'failed';
}
