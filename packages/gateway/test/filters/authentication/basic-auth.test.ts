import { describe, expect, it } from 'vitest';
import type { FilterOutcome } from '@rollcall/proxy';
import { BASIC_AUTH } from '../../../src/filters/authentication/basic-auth.ts';
import {
  hashPassword,
  isPassword,
  PASSWORD_HASH,
} from '../../../src/filters/authentication/password.ts';
import { filterContext, filterOf, filterRequest } from '../filter-request.ts';

const context = filterContext({
  consumers: {
    ann: { passwords: [await hashPassword('grün:1'), await hashPassword('next')] },
    bob: {},
  },
});

const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const request = (authorization: string) => filterRequest({ headers: { authorization } });

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

  it('checks few passwords at a time, so that a flood of wrong ones does not take every core', async () => {
    const filter = filterOf(BASIC_AUTH, { enabled: true }, context);
    const outcomes = Array.from({ length: 6 }, (_, index) =>
      filter.onRequest?.(request(header(`ann:${index}`))),
    );
    expect(outcomes.map((each) => each instanceof Promise)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(outcomes[4]).toMatchObject({ problem: { status: 503 } });
    for (const each of outcomes) await each;
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
