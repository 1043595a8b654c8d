import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  authRequestText,
  channelsOf,
  formatProof,
  idWithKey,
  isPublicKey,
  keyIdOf,
  parseAnnouncement,
  parseProof,
  signedText,
} from '@rollcall/protocol';
import {
  isServiceKey,
  isSignedBy,
  publicKeyOf,
  readServiceKey,
  signText,
} from '../../src/trust/ed25519.ts';
import { Signer } from '../../src/trust/signer.ts';

interface Vectors {
  keys: { serviceKey: string; publicKey: string; id: string }[];
  notKeys: string[];
  ids: { id: string; key: number; expect: string }[];
  statements: {
    name: string;
    key: number;
    registry: string;
    event: 'register' | 'exit';
    announcement: Record<string, unknown>;
    text: string;
    sig: string;
  }[];
}

interface AuthVectors {
  requests: {
    name: string;
    serviceKey: string;
    path: string;
    time: number;
    body: string;
    text: string;
    authorization: string;
  }[];
  accepted: { name: string; authorization: string }[];
  refused: { name: string; authorization: string }[];
}

function read(file: string): unknown {
  const path = new URL(`../../../../conformance/${file}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8'));
}

const vectors = read('service-keys.json') as Vectors;
const auth = read('auth-requests.json') as AuthVectors;
const keyAt = (index: number) => vectors.keys[index] ?? { serviceKey: '', publicKey: '', id: '' };

describe('a service key', () => {
  it.each(vectors.keys)('has the public half $publicKey', ({ serviceKey, publicKey, id }) => {
    expect(isServiceKey(serviceKey)).toBe(true);
    expect(publicKeyOf(serviceKey)).toBe(publicKey);
    expect(isPublicKey(publicKey)).toBe(true);
    expect(keyIdOf(publicKey)).toBe(id);
  });

  it.each(vectors.notKeys)('is not %j', (text) => {
    expect(isServiceKey(text)).toBe(false);
  });

  it.each(vectors.ids)('makes of the id $id $expect', ({ id, key, expect: made }) => {
    expect(idWithKey(id, keyAt(key).publicKey)).toBe(made);
  });
});

describe('a signed statement', () => {
  it.each(vectors.statements)('is $name', ({ key, registry, event, announcement, text, sig }) => {
    const parsed = parseAnnouncement(announcement);
    if (!parsed.ok) throw new Error(parsed.refusal.reason);
    const statement = { announcement: parsed.value, left: event === 'exit' };
    expect(signedText(registry, statement)).toBe(text);
    const { serviceKey, publicKey } = keyAt(key);
    const channels = channelsOf(registry);
    if (typeof channels === 'string') throw new Error(channels);
    const signed = Signer.of({ serviceKey })?.sign(registry, statement);
    expect(signed?.sig).toBe(sig);
    expect(isSignedBy(publicKey, text, sig)).toBe(true);
    expect(isSignedBy(publicKey, `${text} `, sig)).toBe(false);
    // What an observer receives, reads and passes on is covered by the signature too.
    const again = parseAnnouncement(JSON.parse(JSON.stringify({ ...announcement, sig })));
    if (!again.ok) throw new Error(again.refusal.reason);
    expect(signedText(registry, { ...statement, announcement: again.value })).toBe(text);
  });
});

describe('a request to an auth server', () => {
  it.each(auth.requests)(
    'asks for $name',
    ({ serviceKey, path, time, body, text, authorization }) => {
      expect(authRequestText(path, time, body)).toBe(text);
      const key = publicKeyOf(serviceKey);
      const signature = signText(readServiceKey(serviceKey), text);
      expect(formatProof({ key, time, signature })).toBe(authorization);
      expect(parseProof(authorization)).toEqual({ key, time, signature });
      expect(isSignedBy(key, text, signature)).toBe(true);
      for (const other of [
        authRequestText(`${path}/`, time, body),
        authRequestText(path, time + 1, body),
        authRequestText(path, time, `${body} `),
      ])
        expect(isSignedBy(key, other, signature)).toBe(false);
    },
  );

  it.each(auth.accepted)('may have a proof with $name', ({ authorization }) => {
    expect(parseProof(authorization)).toEqual(parseProof(auth.requests[0]?.authorization ?? ''));
  });

  it.each(auth.refused)('has no proof with $name', ({ authorization }) => {
    expect(parseProof(authorization)).toBeUndefined();
  });
});
