import { probeRequest } from '@rollcall/protocol';
import type { Announcement, ProbeOutcome } from '@rollcall/protocol';
import { httpRequest } from '@rollcall/runtime';

const TIMEOUT_MS = 2000;

/** Requests the health path of an instance as observers do, and keeps the cause if that fails. */
export function reach(announcement: Announcement): Promise<ProbeOutcome> {
  return httpRequest({
    ...probeRequest(announcement),
    timeoutMs: TIMEOUT_MS,
    // The gateway judges the certificate, by the authorities that it was configured with.
    ...(announcement.scheme === 'https' && { tls: { rejectUnauthorized: false } }),
  });
}
