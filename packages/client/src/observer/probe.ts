import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { DEFAULT_PROBE_RULES } from '@rollcall/protocol';
import type { Announcement, Verdict } from '@rollcall/protocol';

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
  probe({ address, port, health, scheme }: Announcement): Promise<Verdict> {
    const options = {
      host: address,
      port,
      path: health?.path ?? '/health',
      method: health?.method ?? 'GET',
      agent: false,
      headers: { 'user-agent': 'rollcall' },
    };
    const isLenient = health === undefined;
    if (scheme !== 'https') return verdictOf(request(options), isLenient, this.#timeoutMs);
    // One for all: to make one takes milliseconds.
    this.#secureContext ??= createSecureContext({ ca: this.#ca });
    const secureContext = this.#secureContext;
    const createConnection = (): Socket => connect({ host: address, port, secureContext });
    const sent = request({ ...options, agent: undefined, createConnection });
    return verdictOf(sent, isLenient, this.#timeoutMs);
  }
}

/** @param isLenient it has not said on which path it tells how it is */
function verdictOf(sent: ClientRequest, isLenient: boolean, timeoutMs: number): Promise<Verdict> {
  return new Promise((resolve) => {
    // An answer that came while this process was busy is read before its lateness is held against the instance.
    const timer = setTimeout(() => setImmediate(() => sent.destroy()), timeoutMs);
    function settle(verdict: Verdict): void {
      clearTimeout(timer);
      sent.destroy();
      resolve(verdict);
    }
    sent.once('response', ({ statusCode = 0 }) => {
      const isWell = statusCode < 400 || (isLenient && statusCode === 404);
      settle(isWell ? 'ok' : 'failed');
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') settle('refused');
      // It listens and speaks something else than HTTP.
      else if (isLenient && error.code?.startsWith('HPE_') === true) settle('ok');
      else settle('failed');
    });
    sent.once('close', () => settle('failed'));
    sent.end();
  });
}
