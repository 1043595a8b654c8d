/** A request as the API reads it, and its body. */
export interface PlainRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly body: Buffer;
  /** Where in the bytes the next one begins. */
  readonly end: number;
}

const HEAD_END = '\r\n\r\n';

/** Heads are some 400 bytes: SDKs send few fields. */
const MAX_HEAD_BYTES = 4_096;

/** No line folding, no lone CR or LF, no byte whose meaning could depend on the parser. */
const HEAD = /^(GET|POST) (\/[!-~]*) HTTP\/1\.1\r\n((?:[\w-]+:[ -~]*\r\n)+)$/;

/**
 * The request at `at`, if it lies there whole and is as SDKs send them: HTTP/1.1 over a connection that
 * is kept, with a Content-Length if it has a body. `undefined` for any other, right or wrong: node:http
 * knows what to make of it.
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

/** `undefined` if the fields have a meaning that a plain request has not. */
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
