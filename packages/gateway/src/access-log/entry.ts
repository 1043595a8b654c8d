import type { RequestSummary } from '@rollcall/proxy';
import { isGrpcFailure } from '../grpc-failure.ts';

/** Longer hosts, paths and queries are truncated: the target alone may have 16 KiB. */
const MAX_CHARACTERS = 1024;

/** Whether a request failed for a reason that is not the client's alone. */
export function isFailure({ status, grpcStatus, isAborted }: RequestSummary): boolean {
  return status >= 500 || isAborted || isGrpcFailure(grpcStatus);
}

/** Returns the log entry of a request. It holds no header field but Host. */
export function accessEntry(
  request: RequestSummary,
  includeQuery: boolean,
): Record<string, unknown> {
  const { target, traceparent, instance, route, problem, filter, consumer, upstreamMs } = request;
  const question = target.indexOf('?');
  const path = question === -1 ? target : target.slice(0, question);
  return {
    requestId: request.requestId,
    client: request.client,
    httpVersion: request.httpVersion,
    method: request.method,
    host: request.host.slice(0, MAX_CHARACTERS),
    path: path.slice(0, MAX_CHARACTERS),
    ...(includeQuery &&
      question !== -1 && { query: target.slice(question + 1, question + 1 + MAX_CHARACTERS) }),
    ...(route !== undefined && { route: route || '/' }),
    ...(instance !== undefined && { instance }),
    status: request.status,
    ...(request.grpcStatus !== undefined && { grpcStatus: request.grpcStatus }),
    ...(request.isAborted && { isAborted: true }),
    ...(problem !== undefined && { problem }),
    ...(filter !== undefined && { filter }),
    ...(consumer !== undefined && { consumer: consumer.slice(0, MAX_CHARACTERS) }),
    ms: rounded(request.ms),
    ...(upstreamMs !== undefined && { upstreamMs: rounded(upstreamMs) }),
    requestBytes: request.requestBytes,
    responseBytes: request.responseBytes,
    ...(traceparent !== undefined && { traceId: traceparent.slice(3, 35) }),
  };
}

/** Rounds to microseconds. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
