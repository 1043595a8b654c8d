import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  channelsOf,
  idWithKey,
  isPublicKey,
  keyIdOf,
  parseAnnouncement,
  signedText,
} from '@rollcall/protocol';
import { isServiceKey, isSignedBy, publicKeyOf } from '../../src/trust/ed25519.ts';
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

const vectors = JSON.parse(
  readFileSync(new URL('../../../../conformance/service-keys.json', import.meta.url), 'utf8'),
) as Vectors;
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
