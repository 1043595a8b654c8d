import type { WholeRequest } from '../api/http-api.ts';

export interface PlainRequest extends WholeRequest {
  /** Offset of the first byte after the request. */
  readonly end: number;
}

const HEAD_END = '\r\n\r\n';

/** SDKs send few fields: their heads have about 400 bytes. */
const MAX_HEAD_BYTES = 4_096;

/** No line folding, no CR or LF alone, no byte that parsers may understand differently. */
const HEAD = /^(GET|POST) (\/[!-~]*) HTTP\/1\.1\r\n((?:[\w-]+:[ -~]*\r\n)+)$/;

/**
 * Reads the request at `at`, if it is complete and is what SDKs send: HTTP/1.1 on a connection that is kept alive, with a
 * Content-Length if there is a body. Returns `undefined` for any other, valid or not; node:http then decides.
 */
export function readPlainRequest(bytes: Buffer, at: number): PlainRequest | undefined {
  const headEnd = bytes.indexOf(HEAD_END, at, 'latin1');
  if (headEnd === -1 || headEnd - at > MAX_HEAD_BYTES) return undefined;
  const [, method, target, fields] = HEAD.exec(bytes.toString('latin1', at, headEnd + 2)) ?? [];
  if (method === undefined || target === undefined || fields === undefined) return undefined;
  const length = bodyLength(fields, method);
  const start = headEnd + HEAD_END.length;
  if (length === undefined || start + length > bytes.length) return undefined;
  const end = start + length;
  return { method, target, body: bytes.subarray(start, end), end };
}

/** Returns the length of the body, or `undefined` if a field asks for something that plain requests do not have. */
function bodyLength(fields: string, method: string): number | undefined {
  let length: number | undefined;
  let hosts = 0;
  for (const field of fields.split('\r\n')) {
    const colon = field.indexOf(':');
    switch (field.slice(0, colon).toLowerCase()) {
      case 'host':
        hosts += 1;
        break;
      case 'content-length':
        if (length !== undefined || method !== 'POST') return undefined;
        length = wholeNumber(field.slice(colon + 1).trim());
        if (length === undefined) return undefined;
        break;
      case 'connection':
        if (
          field
            .slice(colon + 1)
            .trim()
            .toLowerCase() !== 'keep-alive'
        )
          return undefined;
        break;
      case 'transfer-encoding':
      case 'expect':
      case 'upgrade':
      case 'origin':
        return undefined;
      default:
    }
  }
  return hosts === 1 ? (length ?? 0) : undefined;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}
