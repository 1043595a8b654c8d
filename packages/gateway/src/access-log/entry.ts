import type { RequestSummary } from '@rollcall/proxy';

/** A request of which no more is known is worth no more: the target alone may have 16 KiB. */
const MOST_CHARACTERS = 1024;

/** Whether something went wrong that is not the client's fault alone. */
export function isFailure({ status, isCut }: RequestSummary): boolean {
  return status >= 500 || isCut;
}

/** What the log has of a request: nothing of its header fields but Host. */
export function accessEntry(
  exchanged: RequestSummary,
  includeQuery: boolean,
): Record<string, unknown> {
  const { target, traceparent, instance, prefix, problem, upstreamMs } = exchanged;
  const question = target.indexOf('?');
  const path = question === -1 ? target : target.slice(0, question);
  return {
    requestId: exchanged.requestId,
    client: exchanged.client,
    method: exchanged.method,
    host: exchanged.host.slice(0, MOST_CHARACTERS),
    path: path.slice(0, MOST_CHARACTERS),
    ...(includeQuery &&
      question !== -1 && { query: target.slice(question + 1, question + 1 + MOST_CHARACTERS) }),
    ...(prefix !== undefined && { route: prefix || '/' }),
    ...(instance !== undefined && { instance }),
    status: exchanged.status,
    ...(exchanged.isCut && { isCut: true }),
    ...(problem !== undefined && { problem }),
    ms: rounded(exchanged.ms),
    ...(upstreamMs !== undefined && { upstreamMs: rounded(upstreamMs) }),
    requestBytes: exchanged.requestBytes,
    responseBytes: exchanged.responseBytes,
    ...(traceparent !== undefined && { traceId: traceparent.slice(3, 35) }),
  };
}

/** To microseconds. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
