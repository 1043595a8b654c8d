/** UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS, as OpenTelemetry has it. */
const FAILURES: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/**
 * Whether a call of gRPC that ended with this status failed as a request with a 5xx does. Envoy maps the same statuses to
 * a 5xx: the others say that the client asked for what it may not have, or has left.
 */
export function isGrpcFailure(status: number | undefined): boolean {
  return status !== undefined && FAILURES.has(status);
}
