import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWTHeaderParameters } from 'jose';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FieldSet } from '@rollcall/proxy';
import { KeyFile } from '../../../src/filters/authentication/key-file.ts';
import { FileTexts } from '../../../src/filters/file-texts.ts';
import { JWT } from '../../../src/filters/authentication/jwt.ts';
import { RemoteKeySet } from '../../../src/filters/authentication/key-set.ts';
import type { ServiceResponse } from '../../../src/filters/authentication/service-request.ts';
import { deferred } from '../../../../../test/support/deferred.ts';
import { filterContext, filterOf, filterRequest, settingsOf } from '../filter-request.ts';

const ISSUER = 'https://login.example.com/';
const URL = 'https://login.example.com/jwks';
const NOW = Date.parse('2026-11-29T00:00:00Z');

const es = await generateKeyPair('ES256', { extractable: true });
const next = await generateKeyPair('ES256', { extractable: true });
const rs = await generateKeyPair('RS256', { extractable: true });
const jwk = async (key: CryptoKey, kid: string) => ({ ...(await exportJWK(key)), kid });
const KEYS = [await jwk(es.publicKey, 'es'), await jwk(rs.publicKey, 'rs')];

let time: number;
let keys: object[];
let requests: number;
let isDown: boolean;
let faults: string[];
/** What a request for the keys waits for. */
let sent: Promise<unknown> | undefined;
beforeEach(() => {
  sent = undefined;
  [time, keys, requests, isDown, faults] = [0, KEYS, 0, false, []];
});

async function send(): Promise<ServiceResponse> {
  requests++;
  await sent;
  if (isDown) throw new Error('connect ECONNREFUSED');
  return { status: 200, fields: [], body: Buffer.from(JSON.stringify({ keys })) };
}

function onFault(reason: string): void {
  faults.push(reason);
}

function filter(given = {}) {
  const keySet = new RemoteKeySet({ url: URL, send, now: () => time, onFault });
  return filterOf(
    JWT,
    { issuer: ISSUER, audience: ['api'], jwksUrl: URL, ...given },
    filterContext({ date: () => NOW + time, send, keySet: () => keySet }),
  );
}

const seconds = (): number => Math.floor((NOW + time) / 1000);

interface Token {
  claims?: Readonly<Record<string, unknown>>;
  header?: Partial<JWTHeaderParameters>;
  key?: CryptoKey;
}

function token({ claims = {}, header = {}, key = es.privateKey }: Token = {}): Promise<string> {
  const payload = { iss: ISSUER, aud: 'api', sub: 'ann', exp: seconds() + 300, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'es', ...header }).sign(key);
}

const bearer = (text: string) =>
  filterRequest({ fields: new FieldSet(`Authorization: Bearer ${text}\r\n`) });

/** The consumer, or status and detail of the problem. */
async function outcomeOf(text: string, used = filter()): Promise<unknown> {
  const request = bearer(text);
  const outcome = await used.onRequest?.(request);
  if (outcome === undefined) return request.consumer;
  if (!('problem' in outcome)) return outcome;
  return `${outcome.problem.status} ${outcome.problem.detail}`;
}

const base64 = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const PAYLOAD = { iss: ISSUER, aud: 'api', sub: 'root', exp: NOW / 1000 + 300 };

describe('a token', () => {
  it('proves its consumer, and is passed on', async () => {
    const request = bearer(await token());
    expect(await filter().onRequest?.(request)).toBeUndefined();
    expect([...request.fields].map(([name]) => name)).toEqual(['Authorization', 'X-Consumer']);
    expect(request).toMatchObject({ consumer: 'ann' });
  });

  it('of any accepted algorithm is verified', async () => {
    const text = await token({ header: { alg: 'RS256', kid: 'rs' }, key: rs.privateKey });
    expect(await outcomeOf(text)).toBe('ann');
    const only = filter({ algorithms: ['ES256'] });
    expect(await outcomeOf(text, only)).toBe('401 The algorithm of the token is not accepted.');
  });

  it.each([
    ['that has expired', { exp: NOW / 1000 - 61 }, 'The token has expired.'],
    ['that never expires', { exp: undefined }, 'The claim exp of the token is not accepted.'],
    ['for later', { nbf: NOW / 1000 + 61 }, 'The claim nbf of the token is not accepted.'],
    [
      'of another issuer',
      { iss: 'https://login.example.com' },
      'The claim iss of the token is not accepted.',
    ],
    ['for another audience', { aud: ['other'] }, 'The claim aud of the token is not accepted.'],
    ['of no consumer', { sub: undefined }, 'The token has no claim sub that names a consumer.'],
    [
      'of a list of consumers',
      { sub: ['a', 'b'] },
      'The token has no claim sub that names a consumer.',
    ],
  ])('%s is refused', async (_what, claims, detail) => {
    expect(await outcomeOf(await token({ claims }))).toBe(`401 ${detail}`);
  });

  it('may be off by the clock skew', async () => {
    expect(await outcomeOf(await token({ claims: { exp: seconds() - 30 } }))).toBe('ann');
    const strict = filter({ clockSkew: 0 });
    expect(await outcomeOf(await token({ claims: { exp: seconds() - 1 } }), strict)).toBe(
      '401 The token has expired.',
    );
  });

  it('is not accepted again once it has expired, though it was verified', async () => {
    const used = filter();
    const text = await token();
    expect(await outcomeOf(text, used)).toBe('ann');
    time = 361_000;
    expect(await outcomeOf(text, used)).toBe('401 The token has expired.');
  });

  it('that comes again passes at once, without a promise', async () => {
    const used = filter();
    const text = await token();
    await used.onRequest?.(bearer(text));
    const again = bearer(text);
    expect(used.onRequest?.(again)).toBeUndefined();
    expect(again.consumer).toBe('ann');
  });

  it('needs its scopes and claims: 403 otherwise, also when it comes again', async () => {
    const used = filter({ scopes: ['read', 'write'], claims: { 'realm.roles': 'admin' } });
    const realm = { roles: ['user', 'admin'] };
    const few = await token({ claims: { scope: 'read', realm } });
    const outcomes = [await outcomeOf(few, used), await outcomeOf(few, used)];
    expect(new Set(outcomes)).toEqual(new Set(['403 The token needs the scopes read write.']));
    expect(await outcomeOf(await token({ claims: { scp: ['write', 'read'], realm } }), used)).toBe(
      'ann',
    );
    const other = await token({ claims: { scope: 'read write', realm: { roles: ['user'] } } });
    expect(await outcomeOf(other, used)).toBe(
      '403 The claim realm.roles of the token is not accepted.',
    );
  });

  it('gives the instance its claims, and no client can', async () => {
    const used = filter({
      forwardClaims: { 'X-Email': 'email', 'X-Roles': 'roles', 'X-None': 'none' },
    });
    const text = await token({
      claims: { email: 'ann@example.com', roles: ['a', 'b\r\nX-Evil: 1'], sub: 'änn\r\nX-Evil: 1' },
    });
    const request = bearer(text);
    for (const name of ['x-email', 'X_EMAIL', 'X-None', 'x_none'])
      request.fields.append(name, 'forged');
    expect(await used.onRequest?.(request)).toBeUndefined();
    expect([...request.fields].slice(1)).toEqual([
      ['X-Email', 'ann@example.com'],
      ['X-Roles', 'a, b%0D%0AX-Evil%3A%201'],
      ['X-Consumer', '%C3%A4nn%0D%0AX-Evil%3A%201'],
    ]);
  });
});

describe('an attack by a token', () => {
  it.each(['none', 'None', 'nOnE', ''])('without a signature, alg %j, is refused', async (alg) => {
    const text = `${base64({ alg, kid: 'es' })}.${base64(PAYLOAD)}.`;
    expect(await outcomeOf(text)).toMatch(/^401/);
  });

  it('that is signed with the public key as the secret of HS256 is refused', async () => {
    const head = `${base64({ alg: 'HS256', kid: 'rs' })}.${base64(PAYLOAD)}`;
    for (const secret of [await exportSPKI(rs.publicKey), JSON.stringify(KEYS[1])]) {
      const signature = createHmac('sha256', secret).update(head).digest('base64url');
      expect(await outcomeOf(`${head}.${signature}`)).toBe(
        '401 The algorithm of the token is not accepted.',
      );
    }
  });

  it.each([
    ['kid', '../../../../dev/null'],
    ['kid', "es' OR '1'='1"],
    ['kid', ''],
    ['kid', 'a'.repeat(4000)],
  ])('with %s %j is refused as one of an unknown key', async (name, value) => {
    const text = await token({ header: { [name]: value }, key: next.privateKey });
    expect(await outcomeOf(text)).toMatch(
      /^401 The (token is signed with an unknown key|signature of the token is wrong)/,
    );
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'])(
    'that brings its own key in %s is refused, and nothing is fetched',
    async (name) => {
      const own =
        { jwk: await exportJWK(next.publicKey), x5c: ['MIIB'] }[name] ??
        'https://evil.example/jwks';
      const text = await token({ header: { [name]: own }, key: next.privateKey });
      expect(await outcomeOf(text)).toBe('401 The signature of the token is wrong.');
      expect(requests).toBe(1);
    },
  );

  it('with a critical extension is refused', async () => {
    const head = base64({ alg: 'ES256', kid: 'es', crit: ['evil'], evil: true });
    expect(await outcomeOf(`${head}.${base64(PAYLOAD)}.${base64('x')}`)).toBe(
      '401 The token is malformed.',
    );
  });

  it('whose payload or signature was changed is refused', async () => {
    const [head = '', , signature = ''] = (await token()).split('.');
    expect(await outcomeOf(`${head}.${base64(PAYLOAD)}.${signature}`)).toBe(
      '401 The signature of the token is wrong.',
    );
    // The "psychic" signature of CVE-2022-21449.
    expect(
      await outcomeOf(`${head}.${base64(PAYLOAD)}.${Buffer.alloc(64).toString('base64url')}`),
    ).toBe('401 The signature of the token is wrong.');
  });

  it.each(['a', 'a.b', 'a.b.c', '..', 'e30.e30.e30', `${'a'.repeat(9000)}.b.c`])(
    '%.20s is refused',
    async (text) => {
      expect(await outcomeOf(text)).toMatch(/^401/);
    },
  );

  it('by two Authorization fields is refused', async () => {
    const request = bearer(await token());
    request.fields.append('authorization', `Bearer ${await token({ claims: { sub: 'eve' } })}`);
    expect(filter().onRequest?.(request)).toMatchObject({ problem: { status: 401 } });
  });
});

describe('the keys of an issuer', () => {
  it('are asked for once by many requests, and again after ten minutes', async () => {
    const used = filter();
    const texts = await Promise.all(['a', 'b', 'c'].map((sub) => token({ claims: { sub } })));
    expect(await Promise.all(texts.map((text) => outcomeOf(text, used)))).toEqual(['a', 'b', 'c']);
    expect(requests).toBe(1);
    time = 601_000;
    await outcomeOf(await token(), used);
    expect(requests).toBe(2);
  });

  it('rotate: a new key is found at once, and a withdrawn one is not accepted any more', async () => {
    const used = filter();
    const old = await token();
    expect(await outcomeOf(old, used)).toBe('ann');
    keys = [await jwk(next.publicKey, 'next')];
    time = 31_000;
    const fresh = await token({ header: { kid: 'next' }, key: next.privateKey });
    expect(await outcomeOf(fresh, used)).toBe('ann');
    expect(await outcomeOf(old, used)).toBe('401 The token is signed with an unknown key.');
  });

  it('that were withdrawn while no request came do not count: requests wait for the new ones', async () => {
    const used = filter();
    expect(await outcomeOf(await token(), used)).toBe('ann');
    keys = [await jwk(next.publicKey, 'next')];
    time = 601_000;
    const texts = [await token(), await token({ claims: { sub: 'bob' } })];
    const answered = deferred();
    sent = answered.promise;
    const outcomes = texts.map((text) => outcomeOf(text, used));
    let isDone = false;
    for (const each of outcomes) void each.then(() => (isDone = true));
    // Long enough to verify them by the old keys.
    for (let each = 0; each < 20; each++) await token();
    expect(isDone).toBe(false);
    answered.resolve();
    expect(await Promise.all(outcomes)).toEqual([
      '401 The token is signed with an unknown key.',
      '401 The token is signed with an unknown key.',
    ]);
  });

  it('are read anew in the background before requests would wait for them', async () => {
    const used = filter();
    const text = await token({ claims: { exp: seconds() + 7200 } });
    await outcomeOf(text, used);
    time = 301_000;
    expect(await outcomeOf(text, used)).toBe('ann');
    expect(requests).toBe(2);
  });

  it('do not count for a token that was being verified while they were withdrawn', async () => {
    const used = filter();
    const text = await token();
    const [old] = await Promise.all([
      outcomeOf(text, used),
      (async () => {
        keys = [await jwk(next.publicKey, 'next')];
        time = 31_000;
        await outcomeOf(await token({ header: { kid: 'next' }, key: next.privateKey }), used);
      })(),
    ]);
    expect(old).toBe('ann');
    expect(await outcomeOf(text, used)).toBe('401 The token is signed with an unknown key.');
  });

  it('are not waited for again and again while they cannot be read', async () => {
    const used = filter();
    const text = await token({ claims: { exp: seconds() + 7200 } });
    await outcomeOf(text, used);
    isDown = true;
    time = 3_600_000;
    expect(await outcomeOf(text, used)).toBe('ann');
    time += 3000;
    // At once, without a promise.
    expect(used.onRequest?.(bearer(text))).toBeUndefined();
    expect(requests).toBe(3);
  });

  it('do not count any more once they could not be read for a day', async () => {
    const used = filter();
    const text = await token({ claims: { exp: seconds() + 180_000 } });
    await outcomeOf(text, used);
    isDown = true;
    time = 86_400_000;
    expect(await outcomeOf(text, used)).toBe('ann');
    time = 86_400_001;
    expect(await outcomeOf(text, used)).toMatch(/^503 The keys of the issuer are not available/);
  });

  it('are not asked for at each token of an unknown key', async () => {
    const used = filter();
    await outcomeOf(await token(), used);
    for (let each = 0; each < 20; each++) {
      time += 1000;
      await outcomeOf(await token({ header: { kid: `evil-${each}` }, key: next.privateKey }), used);
    }
    expect(requests).toBe(1);
  });

  it('stay valid while they cannot be read', async () => {
    const used = filter();
    await outcomeOf(await token(), used);
    isDown = true;
    time = 3_600_000;
    expect(await outcomeOf(await token({ claims: { sub: 'bob' } }), used)).toBe('bob');
    expect(faults[0]).toBe(`cannot read the keys at ${URL}: connect ECONNREFUSED`);
  });

  it('that were never received: 503, and asked for again soon', async () => {
    const used = filter();
    isDown = true;
    const text = await token();
    expect(await outcomeOf(text, used)).toMatch(/^503 The keys of the issuer are not available/);
    await outcomeOf(text, used);
    expect(requests).toBe(1);
    isDown = false;
    time = 2001;
    expect(await outcomeOf(text, used)).toBe('ann');
  });

  it.each(['{}', '[]', 'no JSON', '{"keys":1}'])('are not replaced by %s', async (body) => {
    const used = filter();
    await outcomeOf(await token(), used);
    keys = { toJSON: () => body } as never;
    time = 601_000;
    expect(await outcomeOf(await token({ claims: { sub: 'bob' } }), used)).toBe('bob');
  });
});

describe('keys in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const jwksFile = join(folder, 'jwks.json');

  function fileFilter() {
    const files = new FileTexts({ now: () => time, onFault: (_filter, reason) => onFault(reason) });
    const textOf = (file: string) => files.textOf(file, 'jwt');
    const set = new KeyFile({ file: jwksFile, textOf, onFault });
    const given = { issuer: ISSUER, audience: ['api'], jwksFile };
    return filterOf(JWT, given, filterContext({ date: () => NOW + time, keyFile: () => set }));
  }

  async function write(...written: object[]): Promise<void> {
    writeFileSync(jwksFile, JSON.stringify({ keys: written }));
  }

  it('are read again when it changes, and a key that it lacks does not count any more', async () => {
    await write(...KEYS);
    const used = fileFilter();
    const old = await token();
    const fresh = await token({ header: { kid: 'next' }, key: next.privateKey });
    expect(await outcomeOf(old, used)).toBe('ann');
    expect(await outcomeOf(fresh, used)).toBe('401 The token is signed with an unknown key.');
    await write(await jwk(next.publicKey, 'next'));
    time = 2000;
    expect(await outcomeOf(old, used)).toBe('401 The token is signed with an unknown key.');
    expect(await outcomeOf(fresh, used)).toBe('ann');
  });

  it.each([
    ['is removed', () => rmSync(jwksFile)],
    ['is half written', () => writeFileSync(jwksFile, '{"keys":[')],
    ['has no keys', () => writeFileSync(jwksFile, '{"keys":[]}')],
  ])('stay while it %s, and the fault is reported', async (_what, change) => {
    await write(...KEYS);
    const used = fileFilter();
    expect(await outcomeOf(await token(), used)).toBe('ann');
    change();
    time = 2000;
    expect(await outcomeOf(await token({ claims: { sub: 'bob' } }), used)).toBe('bob');
    expect(faults).toEqual([expect.stringContaining(jwksFile)]);
  });
});

const faultsOf = (given: object) =>
  JWT.faults?.(settingsOf(JWT, given), {
    isConsumer: () => false,
    hasRedis: false,
    hasClientCa: false,
  }).map(({ key }) => key);

describe('the settings of tokens', () => {
  it('are complete', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ issuer: ISSUER, audience: [], jwksUrl: URL })).toEqual([]);
    expect(faultsOf({ issuer: ISSUER })).toEqual(['audience', 'jwksUrl']);
    expect(faultsOf({ audience: ['api'] })).toEqual(['audience']);
    expect(faultsOf({ issuer: ISSUER, audience: ['api'], jwksUrl: URL, jwksFile: 'x' })).toEqual([
      'jwksUrl',
      'jwksFile',
    ]);
  });

  it('describe what a token needs', () => {
    const given = {
      issuer: ISSUER,
      audience: ['api'],
      scopes: ['read'],
      claims: { role: 'admin' },
    };
    expect(JWT.describe(settingsOf(JWT, given))).toBe(
      `requires a token of ${ISSUER} for api with the scopes read with role admin`,
    );
  });
});
