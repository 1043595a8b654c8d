import { describe, expect, it } from 'vitest';
import { matchDomain } from '../../src/routing/domain.ts';

describe('matchDomain', () => {
  it.each(['api.example.com', 'API.Example.COM:8080', 'api.example.com:', 'api.example.com.'])(
    'matches %s without port and case',
    (host) => {
      expect(matchDomain('Api.example.com:1500')(host)).toBe(true);
    },
  );

  it.each([
    'example.com',
    'api.example.com.evil',
    'a@api.example.com',
    'api.example.com/x',
    'api.example.com..',
  ])('does not match "%s"', (host) => {
    expect(matchDomain('api.example.com')(host)).toBe(false);
  });

  it.each(['localhost', 'LOCALHOST:1500', '127.0.0.1:1500', '127.0.0.9', '[::1]:1500'])(
    'accepts the loopback host %s like localhost',
    (host) => {
      expect(matchDomain('localhost:1500')(host)).toBe(true);
      expect(matchDomain('127.0.0.1')(host)).toBe(true);
    },
  );

  it.each([
    '10.0.0.1',
    'localhost.evil',
    '127.1',
    '0x7f.0.0.1',
    'app.localhost.evil',
    '.localhost',
    'a..localhost',
  ])('does not accept "%s" as loopback', (host) => {
    expect(matchDomain('localhost')(host)).toBe(false);
  });

  it.each(['app.localhost', 'a.b.localhost:1500', 'localhost.', 'app.localhost.'])(
    'accepts %s, a name of loopback by RFC 6761',
    (host) => {
      expect(matchDomain('localhost')(host)).toBe(true);
      expect(matchDomain('api.example.com')(host)).toBe(false);
    },
  );

  it.each(['localhost', 'api.example.com', '*'])(
    'takes HTTP/1.0 without a host for %s',
    (domain) => {
      expect(matchDomain(domain)('')).toBe(true);
    },
  );

  it('answers for every host with *', () => {
    expect(matchDomain('*')('anything')).toBe(true);
  });

  it.each(['http://x', 'a b', '', '.', '.x'])(
    'answers for no host if the domain is "%s"',
    (domain) => {
      expect(['x', '', domain].map(matchDomain(domain))).toEqual([false, false, false]);
    },
  );
});
