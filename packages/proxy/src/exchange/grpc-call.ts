import { grpcStatusLines, readGrpcStatus } from '../grpc/status.ts';
import { grpcTimeoutMs } from '../grpc/timeout.ts';
import { endWith } from '../message.ts';
import type { BodyEnd } from '../message.ts';
import type { ClientRequest } from './client-request.ts';

// Every client of gRPC takes trailers: the heads of others are not searched.

/** Returns how long a request may take: as its route allows, and no longer than its client waits for it. */
export function totalMsOf({ head }: ClientRequest, allowedMs: number): number {
  return head.takesTrailers ? Math.min(allowedMs, grpcTimeoutMs(head.fields)) : allowedMs;
}

/** Records how a call has ended, if it is one of gRPC. @param lines where its status stands */
export function noteGrpcStatus({ head, record }: ClientRequest, lines: string): void {
  if (record !== undefined && head.takesTrailers) record.grpcStatus = readGrpcStatus(lines);
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
