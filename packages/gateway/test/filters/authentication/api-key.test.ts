import { describe, expect, it } from 'vitest';
import { FieldSet } from '@rollcall/proxy';
import { API_KEY } from '../../../src/filters/authentication/api-key.ts';
import { hashApiKey } from '../../../src/filters/authentication/consumer-formats.ts';
import { filterContext, filterOf, filterRequest, settingsOf } from '../filter-request.ts';

const context = filterContext({
  consumers: {
    acme: { apiKeys: [hashApiKey('old-key'), hashApiKey('new-key')] },
    globex: { apiKeys: [hashApiKey('globex-key')] },
    // Names of members that every object has.
    constructor: {},
  },
});

const filter = (given = {}) => filterOf(API_KEY, { enabled: true, ...given }, context);
const withLines = (lines: string, target = '/v1/x') =>
  filterRequest({ fields: new FieldSet(lines), target, upstreamTarget: target.slice(3) });

describe('an API key', () => {
  it.each(['old-key', 'new-key'])('%s proves its consumer, and is not passed on', (key) => {
    const request = withLines(`x-api-key: ${key}\r\n`);
    expect(filter().onRequest?.(request)).toBeUndefined();
    expect(request.consumer).toBe('acme');
    expect([...request.fields]).toEqual([['X-Consumer', 'acme']]);
  });

  it('is passed on if the route asks for it', () => {
    const request = withLines('X-API-Key: old-key\r\n');
    void filter({ hideCredentials: false }).onRequest?.(request);
    expect(request.fields.get('x-api-key')).toBe('old-key');
  });

  it.each([
    ['no key', ''],
    ['an empty one', 'X-API-Key: \r\n'],
    ['a wrong one', 'X-API-Key: other\r\n'],
    ['the hash of one', `X-API-Key: ${hashApiKey('old-key')}\r\n`],
    ['a right one beside another', 'X-API-Key: old-key\r\nX-API-Key: globex-key\r\n'],
    ['one of a megabyte', `X-API-Key: ${'a'.repeat(1_000_000)}\r\n`],
    ['one by an alias', 'X_API_Key: old-key\r\n'],
  ])('is required: %s is refused', (_what, lines) => {
    const request = withLines(lines);
    expect(filter().onRequest?.(request)).toMatchObject({
      problem: { status: 401, code: 'unauthenticated' },
      fields: [['www-authenticate', 'ApiKey']],
    });
    expect(request.consumer).toBeUndefined();
  });

  it('stands behind Bearer in Authorization', () => {
    const bearer = filter({ header: 'Authorization' });
    const request = withLines('Authorization: bearer old-key\r\n');
    expect(bearer.onRequest?.(request)).toBeUndefined();
    expect(request.consumer).toBe('acme');
    expect(bearer.onRequest?.(withLines('Authorization: old-key\r\n'))).toBeDefined();
  });

  it('may stand in the query, and is removed there, however it is encoded', () => {
    const request = withLines('', '/v1/x?a=1&api%5Fkey=old%2Dkey&b=%32');
    expect(filter({ query: 'api_key' }).onRequest?.(request)).toBeUndefined();
    expect(request).toMatchObject({ consumer: 'acme', upstreamTarget: '/x?a=1&b=%32' });
    const twice = withLines('', '/v1/x?api_key=old-key&api_key=globex-key');
    expect(filter({ query: 'api_key' }).onRequest?.(twice)).toBeDefined();
    const both = withLines('X-API-Key: old-key\r\n', '/v1/x?api_key=globex-key');
    expect(filter({ query: 'api_key' }).onRequest?.(both)).toMatchObject({
      problem: { status: 401, detail: 'The request has several API keys.' },
    });
  });

  it('of a consumer that the route does not list is forbidden', () => {
    const outcome = filter({ consumers: ['acme'] }).onRequest?.(
      withLines('X-API-Key: globex-key\r\n'),
    );
    expect(outcome).toMatchObject({
      problem: { status: 403, detail: 'The consumer globex may not call this route.' },
    });
  });
});

describe('the settings of API keys', () => {
  it('turn the filter on', () => {
    expect(API_KEY.create(settingsOf(API_KEY, {}), context)).toBeUndefined();
  });

  it('name consumers of the configuration only', () => {
    const settings = settingsOf(API_KEY, { consumers: ['acme', 'other'] });
    expect(
      API_KEY.faults?.(settings, {
        isConsumer: (name) => name === 'acme',
        hasRedis: false,
        hasClientCa: false,
      }),
    ).toEqual([{ key: 'consumers.1', problem: 'is "other", which is not in `consumers`' }]);
  });

  it('are described without a key or a hash', () => {
    const settings = settingsOf(API_KEY, { query: 'key', consumers: ['acme'] });
    expect(API_KEY.describe(settings)).toBe(
      'requires an API key in X-API-Key or the query parameter key of acme',
    );
  });
});
