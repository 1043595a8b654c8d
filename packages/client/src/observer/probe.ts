import { request } from 'node:http';
import type { Announcement, Verdict } from '@rollcall/protocol';

const PROBE_TIMEOUT_MS = 1000;

/**
 * Asks an instance whether it is well: 2xx or 3xx on its health path. One that has named no path is
 * asked for `/health`, and if it knows no such thing (404), that it answers at all will do.
 */
export function probe({ address, port, health }: Announcement): Promise<Verdict> {
  return new Promise((resolve) => {
    const sent = request({
      host: address,
      port,
      path: health?.path ?? '/health',
      method: health?.method ?? 'GET',
      agent: false,
      headers: { 'user-agent': 'rollcall' },
    });
    // An answer that came while this process was busy is read before its lateness is held against the instance.
    const timer = setTimeout(() => setImmediate(() => sent.destroy()), PROBE_TIMEOUT_MS);
    function settle(verdict: Verdict): void {
      clearTimeout(timer);
      sent.destroy();
      resolve(verdict);
    }
    sent.once('response', ({ statusCode = 0 }) => {
      const isWell = statusCode < 400 || (health === undefined && statusCode === 404);
      settle(isWell ? 'ok' : 'failed');
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') settle('refused');
      // It listens and speaks something else than HTTP.
      else if (health === undefined && error.code?.startsWith('HPE_') === true) settle('ok');
      else settle('failed');
    });
    sent.once('close', () => settle('failed'));
    sent.end();
  });
}
