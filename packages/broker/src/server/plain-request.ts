import { fieldValue, parseRequest } from '@rollcall/proxy/http1';
import type { Http1Request } from '@rollcall/proxy/http1';
import type { WholeRequest } from '../api/http-api.ts';
import type { UpgradeRequest } from './web-socket/upgrade.ts';

/** Either has the offset of the first byte after the request. */
export type PlainRequest =
  | (WholeRequest & { readonly end: number })
  | { readonly upgrade: UpgradeRequest; readonly end: number };

const HEAD_END = '\r\n\r\n';

/** SDKs send few fields: their heads have about 400 bytes. */
const MAX_HEAD_BYTES = 4_096;

const SLASH = 0x2f;

/**
 * Reads the request at `at`, if it is complete and is what SDKs send: a GET or POST in HTTP/1.1 on a connection that is kept
 * alive, with a Content-Length if there is a body, or a request for a WebSocket. Returns `undefined` for any other, valid or
 * not; node:http then decides.
 */
export function readPlainRequest(bytes: Buffer, at: number): PlainRequest | undefined {
  const headEnd = bytes.indexOf(HEAD_END, at, 'latin1');
  if (headEnd === -1 || headEnd - at > MAX_HEAD_BYTES) return undefined;
  const text = bytes.toString('latin1', at, headEnd + 2);
  const head = parseRequest(text);
  if (!head.ok) return undefined;
  const { method, target, length, upgrades, fields } = head;
  if (!upgrades && !isPlain(head)) return undefined;
  // The parser turns an absolute target into its path; node:http does not.
  if (text.charCodeAt(method.length + 1) !== SLASH) return undefined;
  const start = headEnd + HEAD_END.length;
  if (upgrades) {
    return { upgrade: { target, field: (name) => fieldValue(fields, name) }, end: start };
  }
  const end = start + length;
  return end > bytes.length ? undefined : { method, target, body: bytes.subarray(start, end), end };
}

/** A length below 0 stands for a chunked body. */
function isPlain({ method, length, persists, expectsContinue, fields }: Http1Request): boolean {
  const isGetOrPost = method === 'POST' ? length >= 0 : method === 'GET' && length === 0;
  return (
    isGetOrPost &&
    persists &&
    !expectsContinue &&
    // Browsers send it, and are refused by the API.
    fieldValue(fields, 'origin') === undefined
  );
}
