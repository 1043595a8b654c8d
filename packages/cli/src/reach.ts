import { schemeFacts } from '@rollcall/protocol';
import type { Announcement, ProbeOutcome } from '@rollcall/protocol';
import { requestHealth } from '@rollcall/runtime';

const TIMEOUT_MS = 2000;

/** Requests the health path of an instance as observers do, and keeps the cause if that fails. */
export function reach(announcement: Announcement): Promise<ProbeOutcome> {
  return requestHealth(announcement, {
    timeoutMs: TIMEOUT_MS,
    // The gateway judges the certificate, by the authorities that it was configured with.
    ...(schemeFacts(announcement).isSecure && { tls: { rejectUnauthorized: false } }),
  });
}
