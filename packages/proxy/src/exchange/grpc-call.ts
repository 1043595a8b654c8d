import { grpcStatusLines, readGrpcStatus } from '../grpc/status.ts';
import { grpcTimeoutMs } from '../grpc/timeout.ts';
import { endWith } from '../message.ts';
import type { BodyEnd } from '../message.ts';
import type { ClientRequest } from './client-request.ts';

// Every client of gRPC takes trailers: the heads of others are not searched.

/** Returns how long a request may take: as its route allows, and a call of gRPC no longer than its client waits for it. */
export function totalMsOf(request: ClientRequest, allowedMs: number): number {
  const { head } = request;
  if (!head.takesTrailers || !request.isGrpc) return allowedMs;
  return Math.min(allowedMs, grpcTimeoutMs(head.fields));
}

/** Records how a call has ended, if it is one of gRPC, and returns it. @param lines where its status stands */
export function noteGrpcStatus({ head, record }: ClientRequest, lines: string): number | undefined {
  if (!head.takesTrailers) return undefined;
  const status = readGrpcStatus(lines);
  if (record !== undefined) record.grpcStatus = status;
  return status;
}

/**
 * Returns the end of a call whose response was broken off, and records it: a client of gRPC can tell that from a message
 * that is whole. Undefined for any other request, whose client would take the end for a clean one.
 */
export function brokenOffEnd(request: ClientRequest, status: number): BodyEnd | undefined {
  if (request.head.version !== '2' || !request.isGrpc) return undefined;
  const lines = grpcStatusLines(status, 'The response was broken off.');
  noteGrpcStatus(request, lines);
  return endWith(lines);
}
