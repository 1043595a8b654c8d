import { expect, it } from 'vitest';
import { API_KEY } from '../../../src/filters/authentication/api-key.ts';
import { hashApiKey } from '../../../src/filters/authentication/consumer-formats.ts';
import { limitKey } from '../../../src/filters/limits/limit-key.ts';
import { filterContext, filterOf, filterRequest } from '../filter-request.ts';

it('a limit by header counts for each key of a consumer, though instances do not receive it', () => {
  const apiKeys = ['one', 'two'].map(hashApiKey);
  const filter = filterOf(
    API_KEY,
    { enabled: true },
    filterContext({ consumers: { acme: { apiKeys } } }),
  );
  const keyOf = (key: string): string => {
    const request = filterRequest({ headers: { 'X-API-Key': key } });
    expect(filter.onRequest?.(request)).toBeUndefined();
    expect(request.fields.has('x-api-key')).toBe(false);
    return limitKey('header:x-api-KEY')(request);
  };
  expect(keyOf('one')).toBe(keyOf('one'));
  expect(keyOf('one')).not.toBe(keyOf('two'));
});
