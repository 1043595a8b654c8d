import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { PROBES } from '@rollcall/protocol';
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
  constructor(ca: string | undefined, timeoutMs: number = PROBES.timeoutMs) {
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
      path: health?.path ?? '/health',
      method: health?.method ?? 'GET',
      timeoutMs: this.#timeoutMs,
      ...(scheme === 'https' && { tls: { secureContext: this.#trust() } }),
    });
    return verdictOf(outcome, health === undefined);
  }

  /** One for all: to make one takes milliseconds. */
  #trust(): SecureContext {
    return (this.#secureContext ??= createSecureContext({ ca: this.#ca }));
  }
}

/** @param isLenient it has not said on which path it tells how it is */
function verdictOf(outcome: HttpResponse | HttpFailure, isLenient: boolean): Verdict {
  if ('status' in outcome) {
    const isHealthy = outcome.status < 400 || (isLenient && outcome.status === 404);
    return isHealthy ? 'ok' : 'failed';
  }
  if (outcome.code === 'ECONNREFUSED') return 'refused';
  // It listens and speaks something else than HTTP.
  return isLenient && outcome.code.startsWith('HPE_') ? 'ok' : 'failed';
}
