// Messages made of what is right, what is nearly right, and what has fooled a parser before.
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'M-SEARCH',
  'QUERY',
  'CONNECT',
  'PRI',
  'get',
  'G T',
];
const TARGETS = [
  '/',
  '/a',
  '/a/b?c=d',
  '//evil',
  '/a/../b',
  '/%2e%2e/',
  '/a#b',
  '*',
  'http://h/x',
  'HTTP://h:80?y',
  'https://u@h/',
  'h:80',
  '/\xe9',
  '/a b',
  '/\\',
  '/"<>^`{|}',
  '',
];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.2',
  'HTTP/0.9',
  'HTTP/1.10',
  'http/1.1',
  '',
];
const STATUSES = [
  '200 OK',
  '200 OK',
  '200 ',
  '200',
  '204 No',
  '304 Not',
  '100 Continue',
  '103 Early',
  '101 Switch',
  '404 \xe9',
  '099 x',
  '1000 x',
  '200 a\x01b',
  '500  two',
];
const FIELDS = [
  'Host: a',
  'Host: a',
  'host:b',
  'Host: a:80',
  'Host: a@b',
  'Host: a/b',
  'Host:',
  'Host: a, b',
  'Host: [::1]:80',
  'Content-Length: 3',
  'Content-Length: 3',
  'Content-Length: 0',
  'Content-Length: +3',
  'Content-Length: -1',
  'Content-Length: 3, 3',
  'Content-Length: 3 ',
  'Content-Length:\t3',
  'content-length: 03',
  'Content-Length: 0x3',
  'Content-Length: 3\x0b',
  'Content-Length: 99999999999999999999',
  'Content-Length : 3',
  'Content_Length: 9',
  'Content-Length:',
  'Content-Length: 3;x',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked',
  'transfer-encoding:Chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: chunked ',
  'Transfer-Encoding:',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked,',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Upgrade',
  'Connection: X-A, Host',
  'Connection: Content-Length',
  'Connection: Transfer-Encoding',
  'Connection: X-Forwarded-For, close',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'TE: trailers',
  'Trailer: X-T',
  'X-A: b',
  'X-A:',
  'x-a:  \t',
  'X-Forwarded-For: 1.1.1.1',
  'X_Forwarded_For: 1.1.1.1',
  'Via: 1.1 x',
  'Cookie: a_b=c',
  'Date: now',
  'X-B: \xe9',
  'X-B: a\x00b',
  'X-B: a\rb',
  'X-B: a\nb',
  ' folded',
  '\tfolded',
  'no colon',
  ': empty',
  'X-(: a',
  'X-B\xe9: a',
  'Keep-Alive: timeout=5',
  'X-B: a\x7fb',
  'Proxy-Connection: keep-alive',
  'X.Forwarded.For: 6.6.6.6',
  'X.Y-Z: 1',
  'Sec-WebSocket-Key: x',
  'Forwarded: for=x',
  'X-Real-IP: y',
];
const BODIES = [
  '',
  'abc',
  'abcd',
  '3\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '3;a=b\r\nabc\r\n0\r\n\r\n',
  '3;a="b;c"\r\nabc\r\n0;x\r\n\r\n',
  '3 ;a\r\nabc\r\n0\r\n\r\n',
  '3\nabc\r\n0\r\n\r\n',
  '3\r\nabc0\r\n\r\n',
  '3\r\nabcd\r\n0\r\n\r\n',
  '003\r\nabc\r\n0\r\n\r\n',
  '0x3\r\nabc\r\n0\r\n\r\n',
  '-3\r\nabc\r\n0\r\n\r\n',
  'fffffffffffffffff\r\nabc',
  '3\r\nabc\r\n0\r\nX-T: y\r\n\r\n',
  '3\r\nabc\r\n0\r\nX T: y\r\n\r\n',
  '3\r\nabc\r\n0\r\nContent-Length: 4\r\n\r\n',
  '3\r\nabc\r\n0\r\n X-T: y\r\n\r\n',
  '3;a=\nb\r\nabc\r\n0\r\n\r\n',
  '\r\n3\r\nabc\r\n0\r\n\r\n',
  'A\r\n0123456789\r\n0\r\n\r\n',
  '3\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: a\r\nCookie: b\r\n\r\n',
];
const BYTES = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '\x0b',
  '\x7f',
  '\x80',
  '\xff',
  '_',
  '0',
  '#',
  '"',
  '\\',
  '%',
  'chunked',
  'HTTP/1.1',
  '\r\n\r\n',
];

/**
 * @param {() => number} random
 * @returns {import('./compare.js').Input}
 */
export function makeInput(random) {
  /** @param {readonly string[]} list */
  const pick = (list) => list[Math.floor(random() * list.length)] ?? '';
  const kind = random() < 0.6 ? 'request' : 'response';
  const method = random() < 0.15 ? 'HEAD' : 'GET';
  let text = '';
  for (let messages = random() < 0.2 ? 2 : 1; messages > 0; messages--) {
    text +=
      kind === 'request'
        ? requestLine(random, pick)
        : `${random() < 0.95 ? pick(VERSIONS.slice(0, 5)) : pick(VERSIONS)} ${pick(STATUSES)}`;
    text += '\r\n';
    if (kind === 'request' && random() < 0.8) text += 'Host: a\r\n';
    for (let count = Math.floor(random() * 5); count > 0; count--) text += `${pick(FIELDS)}\r\n`;
    // A body with what announces it, or by itself.
    const chance = random();
    if (chance < 0.3) text += `Transfer-Encoding: chunked\r\n\r\n${pick(BODIES.slice(3))}`;
    else if (chance < 0.5) text += 'Content-Length: 3\r\n\r\nabc';
    else text += `\r\n${pick(BODIES)}`;
  }
  for (let changes = random() < 0.5 ? 0 : 1 + Math.floor(random() * 3); changes > 0; changes--) {
    text = mutate(text, random, pick);
  }
  return { kind, method, text };
}

/**
 * @param {() => number} random
 * @param {(list: readonly string[]) => string} pick
 */
function requestLine(random, pick) {
  const space = random() < 0.03 ? pick(['  ', '\t', '\r', '\x0b']) : ' ';
  const [method, target, version] = [
    random() < 0.9 ? pick(METHODS.slice(0, 9)) : pick(METHODS),
    random() < 0.7 ? pick(TARGETS.slice(0, 6)) : pick(TARGETS),
    random() < 0.9 ? pick(VERSIONS.slice(0, 5)) : pick(VERSIONS),
  ];
  return `${random() < 0.05 ? '\r\n' : ''}${method}${space}${target} ${version}`;
}

/**
 * @param {string} text
 * @param {() => number} random
 * @param {(list: readonly string[]) => string} pick
 */
function mutate(text, random, pick) {
  const at = Math.floor(random() * (text.length + 1));
  const end = Math.min(text.length, at + Math.floor(random() * 4));
  switch (Math.floor(random() * 5)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, at) + pick(BYTES) + text.slice(at);
    case 2:
      return text.slice(0, at) + pick(BYTES) + text.slice(end);
    case 3:
      return (
        text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1)
      );
    default:
      return text.slice(0, end) + text.slice(at, end) + text.slice(end);
  }
}
