import { describe, expect, it } from 'vitest';
import { hostOf, matchDomain } from '../../src/routing/domain.ts';

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

  it('matches each of several hosts, and the names of loopback if one of them is', () => {
    const isOwn = matchDomain('api.example.com, www.example.com:8080');
    const hosts = ['api.example.com', 'www.example.com', 'example.com', 'localhost'];
    expect(hosts.map(isOwn)).toEqual([true, true, false, false]);
    const isLocal = matchDomain('localhost:1500,api.example.com');
    expect([...hosts, '127.0.0.1', ''].map(isLocal)).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(matchDomain('api.example.com,*')('anything')).toBe(true);
    expect(matchDomain('api.example.com,http://x')('api.example.com')).toBe(false);
  });

  it('does not match a host that is longer than a name can be', () => {
    expect(matchDomain('*')('a.'.repeat(8000))).toBe(true);
    expect(hostOf('a.'.repeat(127))).toBe('a.'.repeat(127).slice(0, -1));
    expect(hostOf('a.'.repeat(8000))).toBeUndefined();
  });

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
