import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Announcement, Verdict } from '@rollcall/protocol';

const PROBE_TIMEOUT_MS = 1000;

/** Asks instances whether they are well. */
export class Prober {
  readonly #ca: string | undefined;
  #secureContext: SecureContext | undefined;

  /** @param ca who signs the certificates of instances that speak TLS, as PEM; without, whom Node trusts */
  constructor(ca: string | undefined) {
    this.#ca = ca;
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
    if (scheme !== 'https') return verdictOf(request(options), health === undefined);
    // One for all: to make one takes milliseconds.
    this.#secureContext ??= createSecureContext({ ca: this.#ca });
    const secureContext = this.#secureContext;
    const createConnection = (): Socket => connect({ host: address, port, secureContext });
    return verdictOf(
      request({ ...options, agent: undefined, createConnection }),
      health === undefined,
    );
  }
}

/** @param isLenient it has not said on which path it tells how it is */
function verdictOf(sent: ClientRequest, isLenient: boolean): Promise<Verdict> {
  return new Promise((resolve) => {
    // An answer that came while this process was busy is read before its lateness is held against the instance.
    const timer = setTimeout(() => setImmediate(() => sent.destroy()), PROBE_TIMEOUT_MS);
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
