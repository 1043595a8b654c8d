import { describe, expect, it } from 'vitest';
import { SECURE_HEADERS } from '../../../src/filters/delivery/secure-headers.ts';
import {
  filterContext,
  filterOf,
  filterRequest,
  filterResponse,
  settingsOf,
} from '../filter-request.ts';

type Given = Parameters<typeof settingsOf<(typeof SECURE_HEADERS)['settings']['settings']>>[1];

function sent(given: Given, isSecure: boolean, fields: Record<string, string> = {}): object {
  const response = filterResponse(fields);
  const filter = filterOf(SECURE_HEADERS, { enabled: true, ...given });
  filter.onResponse?.(response, filterRequest({ isSecure }));
  return Object.fromEntries(response.fields);
}

const PLAIN = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'content-security-policy': "frame-ancestors 'self'",
  'referrer-policy': 'strict-origin-when-cross-origin',
};

describe('secure headers', () => {
  it('are off unless they are turned on', () => {
    expect(SECURE_HEADERS.create(settingsOf(SECURE_HEADERS, {}), filterContext())).toBeUndefined();
  });

  it('protect a site, and demand HTTPS over HTTPS only', () => {
    expect(sent({}, false)).toEqual(PLAIN);
    const hsts = { 'strict-transport-security': 'max-age=31536000' };
    expect(sent({}, true)).toEqual({ ...PLAIN, ...hsts });
  });

  it('leave what instances set, unless they override it', () => {
    const own = {
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'self'",
      'referrer-policy': 'no-referrer',
    };
    expect(sent({}, false, own)).toEqual({ ...PLAIN, ...own });
    const policy = { 'content-security-policy': "default-src 'self'" };
    expect(sent({ override: true }, false, own)).toEqual({ ...PLAIN, ...policy });
  });

  it('can be set one by one', () => {
    const given = {
      hstsSeconds: 60,
      hstsSubdomains: true,
      frames: 'none',
      referrerPolicy: 'off',
    } as const;
    expect(sent(given, true)).toEqual({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "frame-ancestors 'none'",
      'strict-transport-security': 'max-age=60; includeSubDomains',
    });
    expect(sent({ hstsSeconds: 0, frames: 'any' }, true)).toEqual({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
    });
  });

  it('are described by their names', () => {
    expect(SECURE_HEADERS.describe(settingsOf(SECURE_HEADERS, { enabled: true }))).toBe(
      'adds x-content-type-options, x-frame-options, content-security-policy, referrer-policy, strict-transport-security on responses',
    );
  });
});
