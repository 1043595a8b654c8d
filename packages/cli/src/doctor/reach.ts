import type { Announcement } from '@rollcall/protocol';
import { httpRequest } from '@rollcall/runtime';
import type { HttpFailure } from '@rollcall/runtime';

/** The outcome of a probe: a status, or an error code such as ECONNREFUSED. */
export type Reach = { readonly status: number } | HttpFailure;

const TIMEOUT_MS = 2000;

/** Probes an instance as observers do, but keeps the reason of a failure. */
export function reach({ address, port, health, scheme }: Announcement): Promise<Reach> {
  return httpRequest({
    host: address,
    port,
    path: health?.path ?? '/health',
    method: health?.method ?? 'GET',
    timeoutMs: TIMEOUT_MS,
    // The gateway checks the certificate, because it knows the authorities to trust.
    tls: scheme === 'https' ? { rejectUnauthorized: false } : undefined,
  });
}
