/** Reads a `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. Returns milliseconds, undefined if it is neither. */
export function retryAfterMs(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  if (/^\d{1,9}$/.test(field)) return Number(field) * 1000;
  const at = Date.parse(field);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
