import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceNames } from '../../src/catalog/service-names.ts';

function named(announced: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(serviceNames(new Map(Object.entries(announced))));
}

describe('the name of a service', () => {
  it.each([
    ['/v1', undefined, 'v1'],
    ['/shop/cart', undefined, 'shop-cart'],
    ['', undefined, 'root'],
    ['/Shop/_cart_', undefined, 'shop-cart'],
    ['/v1', 'id-v5', 'id-v5'],
    ['/v1', 'Orders (EU)', 'orders-eu'],
    ['/v1', '注文', 'v1'],
    ['/~', undefined, 'prefix--4af935f7'],
    [`/${'a'.repeat(80)}`, undefined, 'a'.repeat(63)],
  ])('of %j, announced as %j, is %s', (prefix, announced, name) => {
    expect(named({ [prefix]: announced })).toEqual({ [prefix]: name });
  });

  it('is made from the prefix if two services announce the same name', () => {
    expect(named({ '/v1': 'id', '/v2': 'id', '/v3': 'other' })).toEqual({
      '/v1': 'v1',
      '/v2': 'v2',
      '/v3': 'other',
    });
  });

  it('does not displace the service whose prefix spells it', () => {
    expect(named({ '/orders': undefined, '/x': 'orders' })).toEqual({
      '/orders': 'orders',
      '/x': 'x',
    });
    // Not even while that one goes by another name.
    expect(named({ '/orders': 'shop', '/x': 'orders' })).toEqual({ '/orders': 'shop', '/x': 'x' });
  });

  it('has a hash if two prefixes would have the same name', () => {
    expect(named({ '/a/b': undefined, '/a-b': undefined })).toEqual({
      '/a/b': expect.stringMatching(/^a-b--[0-9a-f]{8}$/) as string,
      '/a-b': expect.stringMatching(/^a-b--[0-9a-f]{8}$/) as string,
    });
  });

  it('is a distinct DNS label for each prefix, in any order', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@-]{1,12}$/);
    const prefix = fc
      .array(segment, { maxLength: 3 })
      .map((parts) => parts.map((p) => `/${p}`).join(''));
    const name = fc.option(fc.oneof(fc.constantFrom('a', 'b', 'a-b'), fc.string()), {
      nil: undefined,
    });
    const small = fc.constantFrom('/a', '/b', '/a/b', '/a-b', '/a_b', '');
    const claims = fc.dictionary(fc.oneof(small, prefix), name, { maxKeys: 12 });
    fc.assert(
      fc.property(claims, (announced) => {
        const names = named(announced);
        expect(Object.keys(names).toSorted()).toEqual(Object.keys(announced).toSorted());
        expect(new Set(Object.values(names)).size).toBe(Object.keys(announced).length);
        for (const each of Object.values(names))
          expect(each).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
        const backwards = Object.fromEntries(Object.entries(announced).toReversed());
        expect(named(backwards)).toEqual(names);
      }),
    );
  });
});
