import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { JWT } from '../../../src/filters/authentication/jwt.ts';
import { settingsOf } from '../filter-request.ts';
import {
  bearer,
  ISSUER,
  KEYS,
  next,
  NOW,
  outcomeOf,
  rs,
  TokenIssuer,
  URL,
} from './token-issuer.ts';

let issuer: TokenIssuer;
beforeEach(() => {
  issuer = new TokenIssuer();
});

const base64 = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const PAYLOAD = { iss: ISSUER, aud: 'api', sub: 'root', exp: NOW / 1000 + 300 };

describe('a token', () => {
  it('proves its consumer, and is passed on', async () => {
    const request = bearer(await issuer.token());
    expect(await issuer.filter().onRequest?.(request)).toBeUndefined();
    expect([...request.fields].map(([name]) => name)).toEqual(['Authorization', 'X-Consumer']);
    expect(request).toMatchObject({ consumer: 'ann' });
  });

  it('of any accepted algorithm is verified', async () => {
    const text = await issuer.token({ header: { alg: 'RS256', kid: 'rs' }, key: rs.privateKey });
    expect(await outcomeOf(text, issuer.filter())).toBe('ann');
    const only = issuer.filter({ algorithms: ['ES256'] });
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
    expect(await outcomeOf(await issuer.token({ claims }), issuer.filter())).toBe(`401 ${detail}`);
  });

  it('may be off by the clock skew', async () => {
    expect(
      await outcomeOf(
        await issuer.token({ claims: { exp: issuer.seconds - 30 } }),
        issuer.filter(),
      ),
    ).toBe('ann');
    const strict = issuer.filter({ clockSkew: 0 });
    expect(
      await outcomeOf(await issuer.token({ claims: { exp: issuer.seconds - 1 } }), strict),
    ).toBe('401 The token has expired.');
  });

  it('is not accepted again once it has expired, though it was verified', async () => {
    const used = issuer.filter();
    const text = await issuer.token();
    expect(await outcomeOf(text, used)).toBe('ann');
    issuer.time = 361_000;
    expect(await outcomeOf(text, used)).toBe('401 The token has expired.');
  });

  it('that comes again passes at once, without a promise', async () => {
    const used = issuer.filter();
    const text = await issuer.token();
    await used.onRequest?.(bearer(text));
    const again = bearer(text);
    expect(used.onRequest?.(again)).toBeUndefined();
    expect(again.consumer).toBe('ann');
  });

  it('needs its scopes and claims: 403 otherwise, also when it comes again', async () => {
    const used = issuer.filter({ scopes: ['read', 'write'], claims: { 'realm.roles': 'admin' } });
    const realm = { roles: ['user', 'admin'] };
    const few = await issuer.token({ claims: { scope: 'read', realm } });
    const outcomes = [await outcomeOf(few, used), await outcomeOf(few, used)];
    expect(new Set(outcomes)).toEqual(new Set(['403 The token needs the scopes read write.']));
    expect(
      await outcomeOf(await issuer.token({ claims: { scp: ['write', 'read'], realm } }), used),
    ).toBe('ann');
    const other = await issuer.token({
      claims: { scope: 'read write', realm: { roles: ['user'] } },
    });
    expect(await outcomeOf(other, used)).toBe(
      '403 The claim realm.roles of the token is not accepted.',
    );
  });

  it('gives the instance its claims, and no client can', async () => {
    const used = issuer.filter({
      forwardClaims: { 'X-Email': 'email', 'X-Roles': 'roles', 'X-None': 'none' },
    });
    const text = await issuer.token({
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
    expect(await outcomeOf(text, issuer.filter())).toMatch(/^401/);
  });

  it('that is signed with the public key as the secret of HS256 is refused', async () => {
    const head = `${base64({ alg: 'HS256', kid: 'rs' })}.${base64(PAYLOAD)}`;
    for (const secret of [await exportSPKI(rs.publicKey), JSON.stringify(KEYS[1])]) {
      const signature = createHmac('sha256', secret).update(head).digest('base64url');
      expect(await outcomeOf(`${head}.${signature}`, issuer.filter())).toBe(
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
    const text = await issuer.token({ header: { [name]: value }, key: next.privateKey });
    expect(await outcomeOf(text, issuer.filter())).toMatch(
      /^401 The (token is signed with an unknown key|signature of the token is wrong)/,
    );
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'])(
    'that brings its own key in %s is refused, and nothing is fetched',
    async (name) => {
      const own =
        { jwk: await exportJWK(next.publicKey), x5c: ['MIIB'] }[name] ??
        'https://evil.example/jwks';
      const text = await issuer.token({ header: { [name]: own }, key: next.privateKey });
      expect(await outcomeOf(text, issuer.filter())).toBe(
        '401 The signature of the token is wrong.',
      );
      expect(issuer.requests).toBe(1);
    },
  );

  it('with a critical extension is refused', async () => {
    const head = base64({ alg: 'ES256', kid: 'es', crit: ['evil'], evil: true });
    expect(await outcomeOf(`${head}.${base64(PAYLOAD)}.${base64('x')}`, issuer.filter())).toBe(
      '401 The token is malformed.',
    );
  });

  it('whose payload or signature was changed is refused', async () => {
    const [head = '', , signature = ''] = (await issuer.token()).split('.');
    expect(await outcomeOf(`${head}.${base64(PAYLOAD)}.${signature}`, issuer.filter())).toBe(
      '401 The signature of the token is wrong.',
    );
    // The "psychic" signature of CVE-2022-21449.
    expect(
      await outcomeOf(
        `${head}.${base64(PAYLOAD)}.${Buffer.alloc(64).toString('base64url')}`,
        issuer.filter(),
      ),
    ).toBe('401 The signature of the token is wrong.');
  });

  it.each(['a', 'a.b', 'a.b.c', '..', 'e30.e30.e30', `${'a'.repeat(9000)}.b.c`])(
    '%.20s is refused',
    async (text) => {
      expect(await outcomeOf(text, issuer.filter())).toMatch(/^401/);
    },
  );

  it('by two Authorization fields is refused', async () => {
    const request = bearer(await issuer.token());
    request.fields.append(
      'authorization',
      `Bearer ${await issuer.token({ claims: { sub: 'eve' } })}`,
    );
    expect(issuer.filter().onRequest?.(request)).toMatchObject({ problem: { status: 401 } });
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
