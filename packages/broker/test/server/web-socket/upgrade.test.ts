import { expect, it } from 'vitest';
import { answerUpgrade } from '../../../src/server/web-socket/upgrade.ts';

// RFC 6455 §1.3
const FIELDS = {
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

function answer(fields: Record<string, string>, allowCompression = true) {
  const all: Record<string, string | undefined> = { ...FIELDS, ...fields };
  const request = { target: '/', field: (name: string) => all[name] };
  return answerUpgrade(request, allowCompression);
}

/** The lines of the answer to an upgrade that is accepted. */
function accepted(fields: Record<string, string>, allowCompression?: boolean): string[] {
  const answered = answer(fields, allowCompression);
  return answered.ok ? answered.head.split('\r\n') : [answered.response];
}

it('accepts a WebSocket with the answer to its key', () => {
  expect(accepted({})).toEqual([
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    '',
    '',
  ]);
});

it.each([
  ['another version', { 'sec-websocket-version': '8' }, 426],
  ['no version', { 'sec-websocket-version': '' }, 426],
  ['a key of 15 bytes', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25j' }, 400],
  ['a key that is not base64', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZ?==' }, 400],
  ['two keys', { 'sec-websocket-key': `${FIELDS['sec-websocket-key']}, x` }, 400],
  ['an empty list of protocols', { 'sec-websocket-protocol': '' }, 400],
  ['a protocol that is no token', { 'sec-websocket-protocol': 'a b' }, 400],
])('refuses %s, and says what it takes', (_name, fields, status) => {
  const answered = answer(fields);
  const response = answered.ok ? '' : answered.response;
  expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(response).toContain('\r\nUpgrade: websocket\r\n');
  expect(response).toContain('\r\nSec-WebSocket-Version: 13\r\n');
});

it('chooses the first of the protocols that a client asks for', () => {
  const lines = accepted({ 'sec-websocket-protocol': 'pusher , other' });
  expect(lines).toContain('Sec-WebSocket-Protocol: pusher');
});

const ACCEPTED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

it.each([
  ['permessage-deflate', ACCEPTED],
  // Chromium, Firefox.
  ['permessage-deflate; client_max_window_bits', ACCEPTED],
  ['permessage-deflate;client_max_window_bits=10;client_no_context_takeover', ACCEPTED],
  ['permessage-deflate; client_max_window_bits="15"', ACCEPTED],
  // RFC 7692 §7.1.2.1: it is accepted by being answered.
  ['permessage-deflate; server_max_window_bits=15', `${ACCEPTED}; server_max_window_bits=15`],
  ['permessage-deflate; server_max_window_bits=12, permessage-deflate', ACCEPTED],
  ['x-webkit-deflate-frame, permessage-deflate', ACCEPTED],
])('accepts the offer %s', (offer, extension) => {
  expect(accepted({ 'sec-websocket-extensions': offer })).toContain(
    `Sec-WebSocket-Extensions: ${extension}`,
  );
});

it.each([
  'permessage-deflate; server_max_window_bits=12; client_max_window_bits=12',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; client_max_window_bits=16',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; unknown',
  'permessage-deflate;',
  'x-webkit-deflate-frame',
  ', ;',
])('serves a client without compression that offers %s', (offer) => {
  const lines = accepted({ 'sec-websocket-extensions': offer });
  expect(lines[0]).toContain(' 101 ');
  expect(lines.join()).not.toContain('Extensions');
});

it('declines compression that is not allowed', () => {
  const lines = accepted({ 'sec-websocket-extensions': 'permessage-deflate' }, false);
  expect(lines.join()).not.toContain('Extensions');
});
