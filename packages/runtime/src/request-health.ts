import { probeRequest, schemeFacts } from '@rollcall/protocol';
import type { Announcement, ProbeOutcome } from '@rollcall/protocol';
import { http2Request } from './http2-request.ts';
import { httpRequest } from './http-request.ts';
import type { HttpRequest } from './http-request.ts';

/** `Check` of grpc.health.v1, as every server of gRPC with health checks has it. */
const GRPC_CHECK = '/grpc.health.v1.Health/Check';
/** The field `status` of a HealthCheckResponse, with the value SERVING. */
const SERVING = Buffer.from([0x08, 0x01]);
const GRPC_HEADER_BYTES = 5;

/** What the statuses of gRPC are as those of HTTP: OK that is not SERVING, and the ones that say something. */
const NOT_SERVING = 503;
const GRPC_TO_HTTP: Readonly<Record<string, number>> = { 5: 404, 7: 403, 12: 501, 16: 401 };

/** How the health of an instance is requested. */
export type HealthRequestOptions = Pick<HttpRequest, 'tls' | 'timeoutMs' | 'onOverdue'>;

/**
 * Requests the health check of an instance as it announces it, by the protocol that it speaks.
 * @param options `tls` has to be there if the instance speaks TLS
 */
export async function requestHealth(
  announcement: Announcement,
  options: HealthRequestOptions,
): Promise<ProbeOutcome> {
  const { health } = announcement;
  const { host, port, path, method, headers } = probeRequest(announcement);
  const isGrpc = health?.method === 'GRPC';
  if (!isGrpc && !schemeFacts(announcement).isHttp2) {
    const target = { host, port, path, method, ...(headers && { headers }), ...options };
    const result = await httpRequest(target);
    return 'status' in result ? { status: result.status } : result;
  }
  const authority = headers?.['host'] === undefined ? {} : { ':authority': headers['host'] };
  const target = { host, port, ...options };
  if (isGrpc) return checkGrpc({ headers: authority, service: path.slice(1), ...target });
  // Of one that announces nothing, all that is known is that it speaks HTTP/2.
  const request = health && { headers: { ':method': method, ':path': path, ...authority } };
  const result = await http2Request({ ...target, ...request });
  if ('code' in result) return result;
  return { status: request === undefined ? 200 : result.status };
}

async function checkGrpc({
  service,
  headers,
  ...target
}: HealthRequestOptions & {
  readonly host: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
}): Promise<ProbeOutcome> {
  const result = await http2Request({
    ...target,
    headers: {
      ':method': 'POST',
      ':path': GRPC_CHECK,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    },
    body: checkRequest(service),
  });
  if ('code' in result) return result;
  if (result.status !== 200) return { status: result.status };
  const status = String(result.headers['grpc-status']);
  if (status !== '0') return { status: GRPC_TO_HTTP[status] ?? NOT_SERVING };
  const isServing = result.body.subarray(GRPC_HEADER_BYTES).equals(SERVING);
  return { status: isServing ? 200 : NOT_SERVING };
}

/** A HealthCheckRequest, with its length before it: the field `service` is the first. */
function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  // A path, and so the name in it, has at most 255 characters: two bytes are enough for its length.
  const length =
    name.length < 0x80 ? [name.length] : [(name.length & 0x7f) | 0x80, name.length >> 7];
  const message =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...length]), name]);
  const header = Buffer.alloc(GRPC_HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
