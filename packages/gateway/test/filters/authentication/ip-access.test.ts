import { describe, expect, it } from 'vitest';
import { IP_ACCESS } from '../../../src/filters/authentication/ip-access.ts';
import { filterContext, filterOf, filterRequest, settingsOf } from '../filter-request.ts';

const LISTS = { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.0.0.66'] };

describe('IP lists', () => {
  it.each([
    ['10.0.0.1', undefined],
    ['2001:db8::1', undefined],
    ['10.0.0.66', 403],
    ['192.0.2.1', 403],
    ['::1', 403],
    ['not an address', 403],
  ])('answer %s with %s', (clientAddress, status) => {
    const outcome = filterOf(IP_ACCESS, LISTS).onRequest?.(filterRequest({ clientAddress }));
    if (status === undefined) expect(outcome).toBeUndefined();
    else
      expect(outcome).toMatchObject({
        problem: { status, code: 'forbidden', detail: expect.stringContaining(clientAddress) },
      });
  });

  it('decide anew for each address', () => {
    const filter = filterOf(IP_ACCESS, { deny: ['10.0.0.66'] });
    const addresses = ['10.0.0.66', '10.0.0.1', '10.0.0.66'];
    const passed = addresses.map(
      (clientAddress) => filter.onRequest?.(filterRequest({ clientAddress })) === undefined,
    );
    expect(passed).toEqual([false, true, false]);
  });

  it.each([{}, { ...LISTS, enabled: false }])('build nothing from %j', (lists) => {
    expect(IP_ACCESS.create(settingsOf(IP_ACCESS, lists), filterContext())).toBeUndefined();
  });

  it('are described by their ranges', () => {
    expect(IP_ACCESS.describe(settingsOf(IP_ACCESS, LISTS))).toBe(
      'allows 10.0.0.0/8, 2001:db8::/32, but not 10.0.0.66',
    );
  });
});
