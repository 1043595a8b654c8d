// What ours accepts, the reference must accept, with the same meaning; and what ours writes for it must
// be one message again, for the reference, with that meaning.
import { writeMessage } from '../../packages/proxy/dist/sockets/write-message.js';
import { requestHead } from '../../packages/proxy/dist/http1/write-request.js';
import { responseHead } from '../../packages/proxy/dist/http1/write-response.js';
import { endWith } from '../../packages/proxy/dist/message.js';
import { passedTrailers } from '../../packages/proxy/dist/http1/fields.js';
import { readRequests, readResponses } from './ours.js';
import { readByReference } from './reference.js';

/**
 * @typedef {object} Input
 * @property {'request' | 'response'} kind
 * @property {string} method what a response answers
 * @property {string} text as Latin-1
 */

/** @typedef {import('./reference.js').Message} Message */

/**
 * @param {Input} input
 * @param {readonly number[]} cuts where the bytes are cut in two on their way, one after the other
 * @returns {{ disagreement: string | undefined, signature: string }}
 */
export function compare({ kind, method, text }, cuts) {
  const bytes = Buffer.from(text, 'latin1');
  const asItCame = compareWith(kind, method, bytes, bytes, cuts);
  if (asItCame.disagreement === undefined) return asItCame;
  const { disagreement } = compareWith(kind, method, bytes, canonical(text), cuts);
  return { ...asItCame, disagreement };
}

/**
 * @param {Input['kind']} kind
 * @param {string} method
 * @param {Buffer} bytes
 * @param {Buffer} forReference
 * @param {readonly number[]} cuts
 */
function compareWith(kind, method, bytes, forReference, cuts) {
  const reference = readByReference(kind, forReference, method);
  return kind === 'request'
    ? verdict(bytes, cuts, reference, readRequests, requestDifference)
    : verdict(
        bytes,
        cuts,
        reference,
        (pieces) => readResponses(pieces, method),
        (ours, theirs) => responseDifference(ours, theirs, method),
      );
}

/**
 * What RFC 9112 allows and llhttp refuses, as llhttp takes it: tabs behind a length (§5), and blanks around the size of a chunk
 * (§7.1.1).
 * @param {string} text
 */
function canonical(text) {
  const plain = text.replaceAll(
    /^((?:content-length|transfer-encoding|host):[^\r\n]*?)[\t ]+\r$/gim,
    '$1\r',
  );
  if (!/^transfer-encoding:/im.test(plain)) return Buffer.from(plain, 'latin1');
  const chunked = plain.replaceAll(/^[0-9a-f]{1,8}[\t ]*(?:;[^\r\n]*)?\r$/gim, (line) =>
    line.replaceAll(/("(?:[^"\\]|\\.)*")|[\t ]+/g, '$1'),
  );
  return Buffer.from(chunked, 'latin1');
}

/**
 * @template Head
 * @param {Buffer} bytes
 * @param {readonly number[]} cuts
 * @param {{ messages: Message[], error: string | undefined }} reference
 * @param {(pieces: readonly Buffer[]) => import('./ours.js').Result<Head>} read
 * @param {(ours: import('./ours.js').Read<Head>, theirs: Message) => string | undefined} difference
 */
function verdict(bytes, cuts, reference, read, difference) {
  const ours = read([bytes]);
  const signature = `${ours.refused ?? 'ok'}|${reference.error ?? 'ok'}|${ours.messages.length}|${reference.messages.length}`;
  /** @type {string | undefined} */
  let disagreement;
  for (const cut of cuts) {
    // Cut, it may be refused earlier and for another reason; but what is accepted is the same.
    const { messages } = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
    if (!isPrefix(messages, ours.messages)) disagreement = `cut at ${cut}, another is accepted`;
  }
  for (const [index, message] of ours.messages.entries()) {
    const theirs = reference.messages[index];
    // What ours has begun to read, and refused in the end, was not passed on as whole.
    if (ours.refused !== undefined && !message.isWhole) break;
    // The reference leaves what follows to whoever upgrades; ours upgrades nothing but WebSocket.
    if (reference.messages[index - 1]?.isUpgrade) break;
    disagreement ??=
      theirs === undefined
        ? `refused by the reference: ${reference.error}`
        : difference(message, theirs);
  }
  return { disagreement, signature };
}

/**
 * @param {readonly unknown[]} part
 * @param {readonly unknown[]} all
 */
function isPrefix(part, all) {
  if (part.length > all.length) return false;
  // The last may have been cut off by a refusal.
  return part
    .slice(0, -1)
    .every((each, index) => JSON.stringify(each) === JSON.stringify(all[index]));
}

/**
 * @param {import('./ours.js').Read<import('./ours.js').Http1Request>} ours
 * @param {Message} theirs
 */
function requestDifference(ours, theirs) {
  const { head } = ours;
  if (head.method !== theirs.method) return `method ${theirs.method}`;
  if (head.version !== `1.${theirs.minor}`) return `version 1.${theirs.minor}`;
  const { target = '' } = theirs;
  const origin = /^https?:\/\//i.exec(target)?.[0];
  const absolute = [
    `${origin}${head.host}${head.target}`,
    `${origin}${head.host}${head.target.slice(1)}`,
  ];
  if (origin === undefined ? target !== head.target : !absolute.includes(target))
    return `target ${target}`;
  const named = origin === undefined ? theirs.fields : withHost(theirs.fields, head.host);
  const wanted = passed(named, true).filter(
    ([name]) => origin === undefined || !isName(name, 'host'),
  );
  const kept = pairsOf(head.fields).filter(
    ([name]) => origin === undefined || !isName(name, 'host'),
  );
  if (JSON.stringify(kept) !== JSON.stringify(wanted)) return `fields ${JSON.stringify(wanted)}`;
  if (ours.body !== theirs.body || ours.isWhole !== theirs.isWhole) return `body ${theirs.body}`;
  return ours.isWhole ? rewrittenDifference(ours, theirs) : undefined;
}

/**
 * @param {import('./ours.js').Read<import('./ours.js').Http1Request>} ours
 * @param {Message} theirs
 */
function rewrittenDifference({ head, body, trailers }, theirs) {
  const facts = {
    forwarded: 'x-forwarded-for: 192.0.2.7\r\n',
    requestId: 'id',
    via: 'us',
    target: head.target,
    prefix: '',
  };
  const text = requestHead(head, facts, 'b:1');
  const written = rewrite(text, body, head.length < 0, passedTrailers(trailers, true));
  const { messages, error } = readByReference('request', written);
  const [again] = messages;
  if (error !== undefined || messages.length !== 1 || !again?.isWhole) return `written: ${error}`;
  if (again.method !== theirs.method || again.target !== head.target)
    return 'written: another head';
  if (again.body !== theirs.body) return 'written: another body';
  for (const name of ['host', 'x-forwarded-for']) {
    if (again.fields.filter(([each]) => isName(each, name)).length !== 1) return `written: ${name}`;
  }
  return undefined;
}

/**
 * @param {import('./ours.js').Read<import('./ours.js').Http1Response>} ours
 * @param {Message} theirs
 * @param {string} method
 */
function responseDifference({ head, body, trailers, isWhole }, theirs, method) {
  if (head.status !== theirs.status) return `status ${theirs.status}`;
  const wanted = passed(theirs.fields, false);
  if (JSON.stringify(pairsOf(head.fields)) !== JSON.stringify(wanted)) {
    return `fields ${JSON.stringify(wanted)}`;
  }
  if (body !== theirs.body || isWhole !== theirs.isWhole) return `body ${theirs.body}`;
  if (!isWhole || head.status < 200) return undefined;
  const isChunked = head.length < 0;
  const text = responseHead(head, 'an-id', { isChunked, isLast: false, isHttp10: false });
  const written = rewrite(text, body, isChunked, passedTrailers(trailers, false));
  const { messages, error } = readByReference('response', written, method);
  const [again] = messages;
  if (error !== undefined || messages.length !== 1 || !again?.isWhole) return `written: ${error}`;
  if (again.status !== theirs.status || again.body !== theirs.body)
    return 'written: another answer';
  return undefined;
}

/**
 * What goes out on the other side.
 * @param {string} head
 * @param {string} body
 * @param {boolean} isChunked
 * @param {string} trailers
 */
function rewrite(head, body, isChunked, trailers) {
  let text = '';
  const sink = {
    writableNeedDrain: false,
    cork() {},
    uncork() {},
    write(/** @type {string | Uint8Array} */ piece) {
      text += typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1');
      return true;
    },
  };
  const parts = [Buffer.from(body, 'latin1')];
  writeMessage(sink, head, parts, isChunked, endWith(trailers));
  return Buffer.from(text, 'latin1');
}

const HOP = new Set(
  'connection keep-alive proxy-connection proxy-authenticate proxy-authorization te transfer-encoding upgrade'.split(
    ' ',
  ),
);

/** Others with a `-` that it treats in a way of its own. */
const OWN = new Set(['content-length', 'content-location', 'set-cookie']);

/**
 * What a proxy passes on of these fields, by the rules as they are written, without a thought for speed.
 * @param {[name: string, value: string][]} fields
 * @param {boolean} isRequest
 */
function passed(fields, isRequest) {
  const named = new Set(
    fields
      .filter(([name]) => isName(name, 'connection'))
      .flatMap(([, value]) => value.split(',').map((each) => each.trim().toLowerCase()))
      .filter((name) => name !== 'host' && name !== 'content-length'),
  );
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    if (HOP.has(lower) || named.has(lower)) return false;
    if (!isRequest) return true;
    const isForwarded = /^(?:forwarded|x-forwarded-.*|x-real-ip|x-request-id|expect|proxy)$/;
    if (lower.includes('_') || isForwarded.test(lower)) return false;
    const dashed = lower.replaceAll('.', '-');
    return dashed === lower || !(HOP.has(dashed) || OWN.has(dashed) || isForwarded.test(dashed));
  });
}

/**
 * @param {[name: string, value: string][]} fields
 * @param {string} host
 * @returns {[name: string, value: string][]}
 */
function withHost(fields, host) {
  return [['Host', host], ...fields.filter(([name]) => !isName(name, 'host'))];
}

/**
 * @param {string} lines
 * @returns {[name: string, value: string][]}
 */
function pairsOf(lines) {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, '')];
    });
}

/**
 * @param {string} name
 * @param {string} lower
 */
function isName(name, lower) {
  return name.toLowerCase() === lower;
}
