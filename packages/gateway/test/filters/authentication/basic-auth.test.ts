import { randomBytes, scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FilterOutcome } from '@rollcall/proxy';
import { BASIC_AUTH } from '../../../src/filters/authentication/basic-auth.ts';
import { FailedLogins } from '../../../src/filters/authentication/failed-logins.ts';
import { PasswordChecker } from '../../../src/filters/authentication/password-checker.ts';
import { unauthenticated } from '../../../src/filters/authentication/refusals.ts';
import { LocalLimits } from '../../../src/filters/limits/local-limits.ts';
import {
  hashPassword,
  isPassword,
  PASSWORD_HASH,
} from '../../../src/filters/authentication/password.ts';
import { filterContext, filterOf, filterRequest } from '../filter-request.ts';

const CONSUMERS = {
  ann: { passwords: [await hashPassword('grün:1'), await hashPassword('next')] },
  bob: {},
  // Fast to check.
  cat: { passwords: [cheapHash('next')] },
};

function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 2 ** 10, r: 1, p: 1 });
  return `$scrypt$ln=10,r=1,p=1$${unpadded(salt)}$${unpadded(key)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Services that have counted and remembered nothing. */
function fresh(services: Parameters<typeof filterContext>[0] = {}) {
  const limits = new LocalLimits({ now: () => 0 });
  return filterContext({
    failedLogins: new FailedLogins({ limits, isDry: false }),
    passwords: new PasswordChecker(() => 0),
    consumers: CONSUMERS,
    ...services,
  });
}

const context = fresh();

const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const request = (authorization: string, clientAddress = '192.0.2.1') =>
  filterRequest({ headers: { authorization }, clientAddress });

/** Of a request with these credentials: who it is, or the problem. */
async function outcomeOf(authorization: string, given = {}): Promise<unknown> {
  const asked = request(authorization);
  const filter = filterOf(BASIC_AUTH, { enabled: true, ...given }, context);
  const outcome = await (filter.onRequest?.(asked) as Promise<FilterOutcome | undefined>);
  if (outcome === undefined) return [asked.consumer, [...asked.fields]];
  return 'problem' in outcome ? [outcome.problem.status, ...(outcome.fields ?? [])] : outcome;
}

const REFUSED = [401, ['www-authenticate', 'Basic realm="Rollcall", charset="UTF-8"']];

async function took(credentials: string): Promise<number> {
  const begun = performance.now();
  await outcomeOf(header(credentials));
  return performance.now() - begun;
}

describe('basic authentication', () => {
  it.each(['grün:1', 'gru\u0308n:1', 'next'])(
    'lets %s of ann pass, and hides it from the instance',
    async (password) => {
      expect(await outcomeOf(header(`ann:${password}`))).toEqual(['ann', [['X-Consumer', 'ann']]]);
    },
  );

  it.each([
    ['a wrong password', header('ann:wrong')],
    ['an unknown user', header('eve:next')],
    ['a user without a password', header('bob:')],
    ['the name of a member that every object has', header('constructor:next')],
    ['no colon', header('ann')],
    ['no base64', 'Basic *'],
    ['another scheme', 'Bearer next'],
    ['an empty field', ''],
  ])('refuses %s', async (_what, authorization) => {
    expect(await outcomeOf(authorization)).toEqual(REFUSED);
  });

  it('forbids a consumer that the route does not list', async () => {
    expect(await outcomeOf(header('ann:next'), { consumers: ['bob'] })).toEqual([403]);
  });

  it('takes as long for an unknown user as for a wrong password', async () => {
    await took('eve:x');
    const [unknown, wrong] = [await took('eve:x'), await took('ann:x')];
    // Ann has two passwords, which are checked at the same time.
    expect(unknown).toBeGreaterThan(wrong / 4);
  });

  it('checks a password once, and then answers at once', async () => {
    const filter = filterOf(BASIC_AUTH, { enabled: true }, context);
    await filter.onRequest?.(request(header('ann:next')));
    expect(filter.onRequest?.(request(header('ann:next')))).toBeUndefined();
    expect(filter.onRequest?.(request(header('ann:other')))).toBeInstanceOf(Promise);
  });

  it('remembers a right password when the configuration is read again, until it is another', async () => {
    const services = fresh();
    const before = filterOf(BASIC_AUTH, { enabled: true }, services);
    await before.onRequest?.(request(header('ann:next')));
    const after = filterOf(BASIC_AUTH, { enabled: true }, services);
    expect(after.onRequest?.(request(header('ann:next')))).toBeUndefined();
    const consumers = { ann: { passwords: [await hashPassword('other')] } };
    const changed = filterOf(BASIC_AUTH, { enabled: true }, fresh({ ...services, consumers }));
    expect(await changed.onRequest?.(request(header('ann:next')))).toMatchObject({
      problem: { status: 401 },
    });
  });
});

describe('a flood of wrong passwords', () => {
  it('of one address is answered with 429, and does not deny the right ones of others', async () => {
    const filter = filterOf(BASIC_AUTH, { enabled: true }, fresh());
    const ask = async (password: string) =>
      filter.onRequest?.(request(header(`cat:${password}`), '2001:db8::1'));
    const flood = Array.from({ length: 100 }, (_, index) => ask(String(index)));
    const right = request(header('cat:next'), '2001:db8:0:1::1');
    expect(await filter.onRequest?.(right)).toBeUndefined();
    expect(right.consumer).toBe('cat');
    const outcomes = (await Promise.all(flood)).map(
      (each) => each !== undefined && 'problem' in each && each.problem,
    );
    expect(outcomes.filter((each) => each && each.code === 'login-limited').length).toBe(70);
    expect(outcomes.filter((each) => each && each.status === 401).length).toBe(30);

    // From the same network, and not even checked.
    expect(filter.onRequest?.(request(header('cat:wrong'), '2001:db8::2'))).toMatchObject({
      problem: { status: 429, code: 'login-limited' },
      fields: [['retry-after', '2']],
    });
  });

  it('that waits for too long gets 429 if others of its address waited before, and 503 otherwise', async () => {
    let time = 0;
    const passwords = new PasswordChecker(() => time);
    const filter = filterOf(BASIC_AUTH, { enabled: true }, fresh({ passwords }));
    const ask = async (address: string, password: string) => {
      const outcome = await filter.onRequest?.(request(header(`cat:${password}`), address));
      return outcome !== undefined && 'problem' in outcome ? outcome.problem.status : undefined;
    };
    const outcomes = ['1', '2', '3', '4'].map((each) => ask('192.0.2.1', each));
    outcomes.push(ask('192.0.2.2', '1'), ask('192.0.2.3', '1'));
    time = 10_000;
    expect(await Promise.all(outcomes)).toEqual([401, 401, 503, 429, 401, 503]);
  });

  it('does not deny those of its own address that are remembered', async () => {
    const services = fresh();
    const filter = filterOf(BASIC_AUTH, { enabled: true }, services);
    await filter.onRequest?.(request(header('cat:next')));
    const refusal = unauthenticated('', '');
    for (let each = 0; each < 31; each++) services.failedLogins.failed(request(''), refusal);
    expect(filter.onRequest?.(request(header('cat:other')))).toMatchObject({
      problem: { status: 429 },
    });
    expect(filter.onRequest?.(request(header('cat:next')))).toBeUndefined();
  });

  it('is checked one by one, and the same password of an address once', async () => {
    const filter = filterOf(BASIC_AUTH, { enabled: true }, fresh());
    const ask = async () => filter.onRequest?.(request(header('cat:next')));
    const same = Array.from({ length: 60 }, ask);
    expect(new Set(await Promise.all(same))).toEqual(new Set([undefined]));
  });
});

describe('a hashed password', () => {
  it('is salted, and recognized', async () => {
    const [one, two] = [await hashPassword('a'), await hashPassword('a')];
    expect(one).not.toBe(two);
    expect(PASSWORD_HASH.parse(one)).toBe(one);
    expect(await isPassword('a', one)).toBe(true);
    expect(await isPassword('b', one)).toBe(false);
  });

  it.each([
    'secret',
    '$scrypt$ln=30,r=8,p=1$MTIzNDU2Nzg5MDEyMzQ1Ng$MTIzNDU2Nzg5MDEyMzQ1NjEyMzQ1Njc4OTAxMjM0NTY',
    '$scrypt$ln=14,r=8,p=5$short$MTIzNDU2Nzg5MDEyMzQ1NjEyMzQ1Njc4OTAxMjM0NTY',
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  ])('%s is refused, and is not repeated in the message', (text) => {
    expect(PASSWORD_HASH.parse(text)).toBeUndefined();
    expect(PASSWORD_HASH.problem?.(text)).not.toContain(text);
  });
});
