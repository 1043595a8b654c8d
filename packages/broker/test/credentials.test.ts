import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelStringToSign,
  requestStringToSign,
  userStringToSign,
} from '@rollcall/protocol/pusher';
import { isSignedBy, isTokenOf } from '../src/credentials.ts';

interface Vectors {
  key: string;
  secret: string;
  channels: { socketId: string; channel: string; channelData?: string; signature: string }[];
  users: { socketId: string; userData: string; signature: string }[];
  requests: {
    method: string;
    path: string;
    query: Record<string, string>;
    signature: string;
  }[];
}

const { key, secret, channels, users, requests } = JSON.parse(
  readFileSync(new URL('../../../conformance/signatures.json', import.meta.url), 'utf8'),
) as Vectors;

const signed: [text: string, signature: string][] = [
  ...channels.map((vector): [string, string] => [
    channelStringToSign(vector.socketId, vector.channel, vector.channelData),
    vector.signature,
  ]),
  ...users.map((vector): [string, string] => [
    userStringToSign(vector.socketId, vector.userData),
    vector.signature,
  ]),
  ...requests.map((vector): [string, string] => [
    requestStringToSign(vector.method, vector.path, Object.entries(vector.query)),
    vector.signature,
  ]),
];

const app = { appId: '1', key, secret };

describe('isSignedBy', () => {
  it.each(signed)('accepts the published signature of %j', (text, signature) => {
    expect(isSignedBy(secret, text, signature)).toBe(true);
    expect(isTokenOf(app, text, `${key}:${signature}`)).toBe(true);
  });

  it.each(signed)('refuses another secret, text or letter case for %j', (text, signature) => {
    expect(isSignedBy(`${secret}x`, text, signature)).toBe(false);
    expect(isSignedBy(secret, `${text}x`, signature)).toBe(false);
    expect(isSignedBy(secret, text, signature.toUpperCase())).toBe(false);
  });

  it('refuses any other signature, of any length, without throwing', () => {
    const [[text, signature] = ['', '']] = signed;
    const altered = fc
      .tuple(fc.nat(signature.length - 1), fc.constantFrom(...Array.from('0123456789abcdef')))
      .map(([at, digit]) => signature.slice(0, at) + digit + signature.slice(at + 1));
    const other = fc
      .oneof(altered, fc.string(), fc.string({ unit: 'binary', minLength: 64, maxLength: 64 }))
      .filter((candidate) => candidate !== signature);
    fc.assert(fc.property(other, (candidate) => !isSignedBy(secret, text, candidate)));
  });
});

describe('isTokenOf', () => {
  const [[text, signature] = ['', '']] = signed;

  it.each([
    ['nothing', ''],
    ['no key', signature],
    ['an empty key', `:${signature}`],
    ['another key', `${key}x:${signature}`],
    ['a part of the key', `${key.slice(1)}:${signature}`],
    ['no signature', `${key}:`],
    ['something after the signature', `${key}:${signature}:`],
    ['a part of the signature', `${key}:${signature.slice(0, -1)}`],
  ])('refuses %s', (_name, token) => {
    expect(isTokenOf(app, text, token)).toBe(false);
  });
});
