// The gateway's parser, as a connection uses it, without the sockets around it.
import { bodyReader } from '../../packages/proxy/dist/http1/body-reader.js';
import { UNTIL_CLOSE } from '../../packages/proxy/dist/http1/framing.js';
import { HeadReader } from '../../packages/proxy/dist/http1/head-reader.js';
import { canBeginRequest, parseRequest } from '../../packages/proxy/dist/http1/request.js';
import { Underscores } from '../../packages/proxy/dist/http1/underscores.js';
import { canBeginResponse, parseResponse } from '../../packages/proxy/dist/http1/response.js';

const underscores = new Underscores(false);
const MAX_BYTES = 16 * 1024;

/** @typedef {import('../../packages/proxy/dist/http1/request.js').Http1Request} Http1Request */
/** @typedef {import('../../packages/proxy/dist/http1/response.js').Http1Response} Http1Response */
/**
 * @template Head
 * @typedef {{ head: Head, body: string, trailers: string, isWhole: boolean }} Read
 */
/**
 * @template Head
 * @typedef {{ messages: Read<Head>[], refused: string | undefined }} Result
 */

/**
 * @param {readonly Buffer[]} pieces of what a client sends
 * @returns {Result<Http1Request>}
 */
export function readRequests(pieces) {
  const heads = new HeadReader(MAX_BYTES, canBeginRequest, true);
  return read(pieces, heads, (text) => {
    const head = parseRequest(text, underscores);
    return head.ok ? head : head.problem.detail;
  });
}

/**
 * @param {readonly Buffer[]} pieces of what an instance sends, and then ends the connection
 * @param {string} method that was asked with
 * @returns {Result<Http1Response>}
 */
export function readResponses(pieces, method) {
  const heads = new HeadReader(MAX_BYTES, canBeginResponse, false);
  return read(pieces, heads, (text) => {
    const head = parseResponse(text, method);
    return head.ok ? head : head.reason;
  });
}

/**
 * @template {{ readonly length: number, readonly persists: boolean, readonly status?: number }} Head
 * @param {readonly Buffer[]} pieces
 * @param {HeadReader} heads
 * @param {(text: string) => Head | string} parse
 * @returns {Result<Head>}
 */
function read(pieces, heads, parse) {
  /** @type {Read<Head>[]} */
  const messages = [];
  /** @type {{ message: Read<Head>, body: ReturnType<typeof bodyReader> } | undefined} */
  let open;
  for (const piece of pieces) {
    let bytes = piece;
    while (bytes.length > 0) {
      const last = messages.at(-1);
      // After it the connection ends, even if more comes (RFC 9112 §9.6), or is a tunnel.
      if (last?.isWhole === true && (!last.head.persists || last.head.status === 101))
        return { messages, refused: undefined };
      if (open !== undefined) {
        /** @type {Buffer[]} */
        const parts = [];
        bytes = bytes.subarray(open.body.read(bytes, 0, parts));
        open.message.body += Buffer.concat(parts).toString('latin1');
        if (open.body.fault !== undefined) return { messages, refused: open.body.fault };
        if (open.body.isDone) {
          open.message.trailers = open.body.trailers;
          open.message.isWhole = true;
          open = undefined;
        }
        continue;
      }
      const whole = heads.read(bytes);
      if (whole === 'more') break;
      if (typeof whole === 'string') return { messages, refused: whole };
      const head = parse(whole.head);
      if (typeof head === 'string') return { messages, refused: head };
      const message = { head, body: '', trailers: '', isWhole: head.length === 0 };
      messages.push(message);
      if (!message.isWhole) open = { message, body: bodyReader(head.length, MAX_BYTES) };
      bytes = whole.rest;
    }
  }
  if (open?.message.head.length === UNTIL_CLOSE) open.message.isWhole = true;
  return { messages, refused: undefined };
}
