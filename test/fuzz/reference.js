// llhttp in strict mode, the parser under node:http, without the sockets around it.
import { createRequire } from 'node:module';

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common');

/**
 * @typedef {object} Message what a parser made of one message
 * @property {string} [method]
 * @property {string} [target]
 * @property {number} [status]
 * @property {string} [reason]
 * @property {number} minor
 * @property {[name: string, value: string][]} fields
 * @property {string} body as Latin-1, as far as it came
 * @property {[name: string, value: string][]} trailers
 * @property {boolean} isWhole
 * @property {boolean} isUpgrade after which the parser reads no further
 */

// One for all, since what is not closed stays.
const parser = new HTTPParser();

/**
 * @param {'request' | 'response'} kind
 * @param {Buffer} bytes
 * @param {string} method what responses answer
 * @returns {{ messages: Message[], error: string | undefined }}
 */
export function readByReference(kind, bytes, method = 'GET') {
  /** @type {Message[]} */
  const messages = [];
  /** @type {string[]} */
  let raw = [];
  /** @type {Message | undefined} */
  let message;
  const type = kind === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE;
  parser.initialize(type, {}, 0, HTTPParser.kLenientNone);
  // Fields come in several pieces if there are many, and trailers so in any case.
  let early = '';
  parser[HTTPParser.kOnHeaders | 0] = (
    /** @type {string[]} */ more,
    /** @type {string} */ target,
  ) => {
    raw.push(...more);
    early = target;
  };
  parser[HTTPParser.kOnHeadersComplete | 0] = (
    /** @type {number} */ _major,
    /** @type {0 | 1} */ minor,
    /** @type {string[] | undefined} */ fields,
    /** @type {number | undefined} */ methodIndex,
    /** @type {string} */ target,
    /** @type {number} */ status,
    /** @type {string} */ reason,
    /** @type {boolean} */ isUpgrade,
  ) => {
    /** @type {Message} */
    const begun = {
      minor,
      fields: pairs([...raw, ...(fields ?? [])]),
      body: '',
      trailers: [],
      isWhole: false,
      isUpgrade,
      ...(kind === 'request'
        ? { method: METHODS[methodIndex ?? -1] ?? '', target: target ?? early }
        : { status, reason }),
    };
    raw = [];
    message = begun;
    messages.push(begun);
    // RFC 9112 §6.3: no body. llhttp leaves HEAD to its user, and reads the Content-Length of a 304.
    const hasNone = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    return kind === 'response' && hasNone ? 1 : 0;
  };
  parser[HTTPParser.kOnBody | 0] = (/** @type {Buffer} */ part) => {
    if (message !== undefined) message.body += part.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    if (message === undefined) return;
    message.isWhole = true;
    message.trailers = pairs(raw);
    raw = [];
  };
  const result = parser.execute(bytes);
  const error = result instanceof Error ? result : parser.finish();
  return { messages, error: error instanceof Error ? error.message : undefined };
}

// The parser tells a method by its number in llhttp, which no API names: asked for each once.
/** @type {string[]} */
const METHODS = [];
for (const method of methods) {
  parser.initialize(HTTPParser.REQUEST, {}, 0, HTTPParser.kLenientNone);
  parser[HTTPParser.kOnHeadersComplete | 0] = (
    /** @type {number} */ _major,
    /** @type {number} */ _minor,
    /** @type {string[]} */ _fields,
    /** @type {number} */ index,
  ) => {
    METHODS[index] = method;
    return 0;
  };
  const target = method === 'CONNECT' ? 'a:1' : '/';
  parser.execute(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`));
}

/**
 * @param {string[]} flat
 * @returns {[name: string, value: string][]}
 */
function pairs(flat) {
  /** @type {[string, string][]} */
  const list = [];
  for (let at = 0; at + 1 < flat.length; at += 2) list.push([flat[at] ?? '', flat[at + 1] ?? '']);
  return list;
}
