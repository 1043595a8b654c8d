import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/deferred.ts';
import { bearer, jwk, KEYS, next, outcomeOf, TokenIssuer, URL } from './token-issuer.ts';

let issuer: TokenIssuer;
beforeEach(() => {
  issuer = new TokenIssuer();
});

describe('the keys of an issuer', () => {
  it('are asked for once by many requests, and again after ten minutes', async () => {
    const used = issuer.filter();
    const texts = await Promise.all(
      ['a', 'b', 'c'].map((sub) => issuer.token({ claims: { sub } })),
    );
    expect(await Promise.all(texts.map((text) => outcomeOf(text, used)))).toEqual(['a', 'b', 'c']);
    expect(issuer.requests).toBe(1);
    issuer.time = 601_000;
    await outcomeOf(await issuer.token(), used);
    expect(issuer.requests).toBe(2);
  });

  it('rotate: a new key is found at once, and a withdrawn one is not accepted any more', async () => {
    const used = issuer.filter();
    const old = await issuer.token();
    expect(await outcomeOf(old, used)).toBe('ann');
    issuer.keys = [await jwk(next.publicKey, 'next')];
    issuer.time = 31_000;
    const fresh = await issuer.token({ header: { kid: 'next' }, key: next.privateKey });
    expect(await outcomeOf(fresh, used)).toBe('ann');
    expect(await outcomeOf(old, used)).toBe('401 The token is signed with an unknown key.');
  });

  it('that were withdrawn while no request came do not count: requests wait for the new ones', async () => {
    const used = issuer.filter();
    expect(await outcomeOf(await issuer.token(), used)).toBe('ann');
    issuer.keys = [await jwk(next.publicKey, 'next')];
    issuer.time = 601_000;
    const texts = [await issuer.token(), await issuer.token({ claims: { sub: 'bob' } })];
    const answered = deferred();
    issuer.answers = answered.promise;
    const outcomes = texts.map((text) => outcomeOf(text, used));
    let isDone = false;
    for (const each of outcomes) void each.then(() => (isDone = true));
    // Long enough to verify them by the old keys.
    for (let each = 0; each < 20; each++) await issuer.token();
    expect(isDone).toBe(false);
    answered.resolve();
    expect(await Promise.all(outcomes)).toEqual([
      '401 The token is signed with an unknown key.',
      '401 The token is signed with an unknown key.',
    ]);
  });

  it('are read anew in the background before requests would wait for them', async () => {
    const used = issuer.filter();
    const text = await issuer.token({ claims: { exp: issuer.seconds + 7200 } });
    await outcomeOf(text, used);
    issuer.time = 301_000;
    expect(await outcomeOf(text, used)).toBe('ann');
    expect(issuer.requests).toBe(2);
  });

  it('do not count for a token that was being verified while they were withdrawn', async () => {
    const used = issuer.filter();
    const text = await issuer.token();
    const [old] = await Promise.all([
      outcomeOf(text, used),
      (async () => {
        issuer.keys = [await jwk(next.publicKey, 'next')];
        issuer.time = 31_000;
        await outcomeOf(
          await issuer.token({ header: { kid: 'next' }, key: next.privateKey }),
          used,
        );
      })(),
    ]);
    expect(old).toBe('ann');
    expect(await outcomeOf(text, used)).toBe('401 The token is signed with an unknown key.');
  });

  it('are not waited for again and again while they cannot be read', async () => {
    const used = issuer.filter();
    const text = await issuer.token({ claims: { exp: issuer.seconds + 7200 } });
    await outcomeOf(text, used);
    issuer.isDown = true;
    issuer.time = 3_600_000;
    expect(await outcomeOf(text, used)).toBe('ann');
    issuer.time += 3000;
    // At once, without a promise.
    expect(used.onRequest?.(bearer(text))).toBeUndefined();
    expect(issuer.requests).toBe(3);
  });

  it('do not count any more once they could not be read for a day', async () => {
    const used = issuer.filter();
    const text = await issuer.token({ claims: { exp: issuer.seconds + 180_000 } });
    await outcomeOf(text, used);
    issuer.isDown = true;
    issuer.time = 86_400_000;
    expect(await outcomeOf(text, used)).toBe('ann');
    issuer.time = 86_400_001;
    expect(await outcomeOf(text, used)).toMatch(/^503 The keys of the issuer are not available/);
  });

  it('are not asked for at each token of an unknown key', async () => {
    const used = issuer.filter();
    await outcomeOf(await issuer.token(), used);
    for (let each = 0; each < 20; each++) {
      issuer.time += 1000;
      await outcomeOf(
        await issuer.token({ header: { kid: `evil-${each}` }, key: next.privateKey }),
        used,
      );
    }
    expect(issuer.requests).toBe(1);
  });

  it('stay valid while they cannot be read', async () => {
    const used = issuer.filter();
    await outcomeOf(await issuer.token(), used);
    issuer.isDown = true;
    issuer.time = 3_600_000;
    expect(await outcomeOf(await issuer.token({ claims: { sub: 'bob' } }), used)).toBe('bob');
    expect(issuer.faults[0]).toBe(`cannot read the keys at ${URL}: connect ECONNREFUSED`);
  });

  it('that were never received: 503, and asked for again soon', async () => {
    const used = issuer.filter();
    issuer.isDown = true;
    const text = await issuer.token();
    expect(await outcomeOf(text, used)).toMatch(/^503 The keys of the issuer are not available/);
    await outcomeOf(text, used);
    expect(issuer.requests).toBe(1);
    issuer.isDown = false;
    issuer.time = 2001;
    expect(await outcomeOf(text, used)).toBe('ann');
  });

  it.each(['{}', '[]', 'no JSON', '{"keys":1}'])('are not replaced by %s', async (body) => {
    const used = issuer.filter();
    await outcomeOf(await issuer.token(), used);
    issuer.keys = { toJSON: () => body } as never;
    issuer.time = 601_000;
    expect(await outcomeOf(await issuer.token({ claims: { sub: 'bob' } }), used)).toBe('bob');
  });
});

describe('keys in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const jwksFile = join(folder, 'jwks.json');

  async function write(...written: object[]): Promise<void> {
    writeFileSync(jwksFile, JSON.stringify({ keys: written }));
  }

  it('are read again when it changes, and a key that it lacks does not count any more', async () => {
    await write(...KEYS);
    const used = issuer.fileFilter(jwksFile);
    const old = await issuer.token();
    const fresh = await issuer.token({ header: { kid: 'next' }, key: next.privateKey });
    expect(await outcomeOf(old, used)).toBe('ann');
    expect(await outcomeOf(fresh, used)).toBe('401 The token is signed with an unknown key.');
    await write(await jwk(next.publicKey, 'next'));
    issuer.time = 2000;
    expect(await outcomeOf(old, used)).toBe('401 The token is signed with an unknown key.');
    expect(await outcomeOf(fresh, used)).toBe('ann');
  });

  it.each([
    ['is removed', () => rmSync(jwksFile)],
    ['is half written', () => writeFileSync(jwksFile, '{"keys":[')],
    ['has no keys', () => writeFileSync(jwksFile, '{"keys":[]}')],
  ])('stay while it %s, and the fault is reported', async (_what, change) => {
    await write(...KEYS);
    const used = issuer.fileFilter(jwksFile);
    expect(await outcomeOf(await issuer.token(), used)).toBe('ann');
    change();
    issuer.time = 2000;
    expect(await outcomeOf(await issuer.token({ claims: { sub: 'bob' } }), used)).toBe('bob');
    expect(issuer.faults).toEqual([expect.stringContaining(jwksFile)]);
  });
});
