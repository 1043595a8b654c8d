import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Announcement } from '@rollcall/protocol';

/** What came of asking an instance whether it is well: a status, or an error code such as ECONNREFUSED. */
export type Reach = { readonly status: number } | { readonly code: string };

const ANSWER_WITHIN_MS = 2000;

/** Asks as observers do, and keeps what they do not need: why not. */
export function reach({ address, port, health, scheme }: Announcement): Promise<Reach> {
  return new Promise((resolve) => {
    const sent = (scheme === 'https' ? requestHttps : requestHttp)({
      host: address,
      port,
      path: health?.path ?? '/health',
      method: health?.method ?? 'GET',
      agent: false,
      // Whose certificate it has is the gateway's to judge, by the authorities that it was given.
      rejectUnauthorized: false,
      headers: { 'user-agent': 'rollcall' },
    });
    const timer = setTimeout(() => sent.destroy(), ANSWER_WITHIN_MS);
    function settle(outcome: Reach): void {
      clearTimeout(timer);
      sent.destroy();
      resolve(outcome);
    }
    sent.once('response', ({ statusCode = 0 }) => settle({ status: statusCode }));
    sent.once('error', ({ code = 'EIO' }: NodeJS.ErrnoException) => settle({ code }));
    sent.once('close', () => settle({ code: 'ETIMEDOUT' }));
    sent.end();
  });
}
