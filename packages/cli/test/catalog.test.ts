import { describe, expect, it } from 'vitest';
import { catalogOptions } from '../src/catalog.ts';

describe('where the catalog is served', () => {
  it('is nowhere by default', () => {
    expect(catalogOptions({}, { ROLLCALL_DNS_PORT: '' })).toEqual({});
  });

  it('is what flags say, and what the environment says where they are silent', () => {
    const env = {
      ROLLCALL_DNS_PORT: '53',
      ROLLCALL_DNS_DOMAIN: 'one.example',
      ROLLCALL_DNS_TTL: '0',
      ROLLCALL_XDS_PORT: '54',
    };
    expect(catalogOptions({}, env)).toEqual({
      dnsPort: 53,
      dnsDomain: 'one.example',
      dnsTtl: 0,
      xdsPort: 54,
    });
    const flags = { dnsPort: '0', dnsDomain: 'two.example', dnsTtl: '5', xdsPort: '6' };
    expect(catalogOptions(flags, env)).toEqual({
      dnsPort: 0,
      dnsDomain: 'two.example',
      dnsTtl: 5,
      xdsPort: 6,
    });
  });

  it.each([
    [{ dnsPort: 'x' }, /--dns-port/],
    [{ dnsTtl: '-1' }, /--dns-ttl/],
    [{ xdsPort: '65536' }, /--xds-port/],
  ])('is not %j', (flags, message) => {
    expect(() => catalogOptions(flags, {})).toThrow(message);
  });
});
