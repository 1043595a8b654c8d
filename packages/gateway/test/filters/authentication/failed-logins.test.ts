import { describe, expect, it } from 'vitest';
import { API_KEY } from '../../../src/filters/authentication/api-key.ts';
import { hashApiKey } from '../../../src/filters/authentication/consumer-formats.ts';
import { FailedLogins } from '../../../src/filters/authentication/failed-logins.ts';
import { LocalLimits } from '../../../src/filters/limits/local-limits.ts';
import { filterContext, filterOf, filterRequest } from '../filter-request.ts';
import { next, outcomeOf, TokenIssuer } from './token-issuer.ts';

let time = 0;

function keyFilter({ isDry = false } = {}) {
  const limits = new LocalLimits({ now: () => time });
  const failedLogins = new FailedLogins({ limits, isDry });
  const consumers = { acme: { apiKeys: [hashApiKey('right')] } };
  const filter = filterOf(API_KEY, { enabled: true }, filterContext({ failedLogins, consumers }));
  return (key: string, clientAddress = '192.0.2.1') => {
    const headers = { 'X-API-Key': key };
    const outcome = filter.onRequest?.(filterRequest({ headers, clientAddress }));
    if (outcome === undefined || !('problem' in outcome)) return undefined;
    return [outcome.problem.status, ...(outcome.fields ?? [])];
  };
}

const WRONG = [401, ['www-authenticate', 'ApiKey']];
const LIMITED = [429, ['retry-after', '2']];

describe('wrong API keys', () => {
  it('get 429 after 30 of an address, and then one is answered every two seconds', () => {
    const ask = keyFilter();
    for (let each = 0; each < 30; each++) expect(ask(`wrong ${each}`)).toEqual(WRONG);
    expect(ask('wrong')).toEqual(LIMITED);
    expect(ask('wrong', '192.0.2.2')).toEqual(WRONG);
    time += 2000;
    expect([ask('wrong'), ask('wrong')]).toEqual([WRONG, LIMITED]);
  });

  it('do not lock out a right one, also of the same address', () => {
    const ask = keyFilter();
    for (let each = 0; each < 31; each++) ask('wrong');
    expect([ask('right'), ask('right', '192.0.2.2')]).toEqual([undefined, undefined]);
  });

  it('are not counted if a request has none, or is only explained', () => {
    const [ask, explain] = [keyFilter(), keyFilter({ isDry: true })];
    for (let each = 0; each < 40; each++) {
      expect(ask('')).toEqual(WRONG);
      expect(explain('wrong')).toEqual(WRONG);
    }
  });
});

describe('tokens', () => {
  it('that the issuer has not signed get 429 after 30 of an address; right ones pass', async () => {
    const issuer = new TokenIssuer();
    const used = issuer.filter();
    const forged = await issuer.token({ key: next.privateKey });
    for (let each = 0; each < 30; each++) expect(await outcomeOf(forged, used)).toMatch(/^401/);
    expect(await outcomeOf(forged, used)).toMatch(/^429 Too many logins from this address/);
    expect(await outcomeOf(await issuer.token(), used)).toBe('ann');
  });

  it('that have expired are not counted: their clients have to learn that they need a new one', async () => {
    const issuer = new TokenIssuer();
    const used = issuer.filter();
    const expired = await issuer.token({ claims: { exp: issuer.seconds - 61 } });
    const other = await issuer.token({ claims: { aud: 'other' } });
    for (let each = 0; each < 40; each++) {
      expect(await outcomeOf(expired, used)).toBe('401 The token has expired.');
      expect(await outcomeOf(other, used)).toMatch(/^401/);
    }
  });
});
