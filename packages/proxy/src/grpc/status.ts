import { fieldValue } from '../http1/fields.ts';
import { ERROR } from '../http2/frames.ts';

/** The codes of gRPC that the proxy itself answers with. */
export const GRPC_STATUS = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What stands for the status of a problem. gRPC's own table, and beyond it what limits and time-outs are. */
const BY_STATUS: Readonly<Record<number, number>> = {
  400: GRPC_STATUS.internal,
  401: GRPC_STATUS.unauthenticated,
  403: GRPC_STATUS.permissionDenied,
  404: GRPC_STATUS.unimplemented,
  408: GRPC_STATUS.deadlineExceeded,
  413: GRPC_STATUS.resourceExhausted,
  414: GRPC_STATUS.resourceExhausted,
  429: GRPC_STATUS.resourceExhausted,
  431: GRPC_STATUS.resourceExhausted,
  500: GRPC_STATUS.internal,
  501: GRPC_STATUS.unimplemented,
  502: GRPC_STATUS.unavailable,
  503: GRPC_STATUS.unavailable,
  504: GRPC_STATUS.deadlineExceeded,
  508: GRPC_STATUS.internal,
};

/** What stands for the code that a stream was reset with, where the connection is not at fault. */
const BY_RESET: Readonly<Record<number, number>> = {
  [ERROR.none]: GRPC_STATUS.internal,
  [ERROR.protocol]: GRPC_STATUS.internal,
  [ERROR.internal]: GRPC_STATUS.internal,
  [ERROR.flowControl]: GRPC_STATUS.internal,
  [ERROR.streamClosed]: GRPC_STATUS.internal,
  [ERROR.frameSize]: GRPC_STATUS.internal,
  [ERROR.compression]: GRPC_STATUS.internal,
  [ERROR.cancel]: GRPC_STATUS.cancelled,
  [ERROR.enhanceYourCalm]: GRPC_STATUS.resourceExhausted,
};

const GRPC = /^application\/grpc(?:$|[-+;])/i;

/** Whether these are the fields of a gRPC request, by its Content-Type. */
export function isGrpc(fields: string): boolean {
  return GRPC.test(fieldValue(fields, 'content-type') ?? '');
}

/** Returns the code of gRPC for a problem of the proxy. @param status of HTTP */
export function grpcStatusOf(status: number): number {
  return BY_STATUS[status] ?? GRPC_STATUS.unknown;
}

/** Returns the code of gRPC for a response that was broken off. @param http2Code of the reset, if it was one */
export function grpcStatusOfReset(http2Code: number | undefined): number {
  return BY_RESET[http2Code ?? -1] ?? GRPC_STATUS.unavailable;
}

/** Returns the lines that say how a call of gRPC has ended: its trailers. */
export function grpcStatusLines(code: number, message: string): string {
  return `grpc-status: ${code}\r\ngrpc-message: ${percentEncoded(message)}\r\n`;
}

/** Returns the code that these lines have, if they have one. */
export function readGrpcStatus(lines: string): number | undefined {
  const written = fieldValue(lines, 'grpc-status');
  return written !== undefined && /^[0-9]{1,2}$/.test(written) ? Number(written) : undefined;
}

/** As gRPC has it in a `grpc-message`: everything but printable ASCII, and `%`. */
function percentEncoded(message: string): string {
  return message.replaceAll(/[^\x20-\x24\x26-\x7e]/gu, (character) => {
    const bytes = Buffer.from(character).toString('hex').toUpperCase();
    return bytes.replaceAll(/../g, (byte) => `%${byte}`);
  });
}
