import { describe, expect, it } from 'vitest';
import { hostFor, isHost } from '../../src/routing/host-header.ts';

const announced = (scheme?: 'https', port = 8080, address = '10.0.0.5') => ({
  configuredAs: undefined,
  announcement: { prefix: '/v1', address, port, ...(scheme && { scheme }) },
});
const configured = (configuredAs: string) => ({ ...announced(), configuredAs });

describe('the Host that instances get', () => {
  it('is that of the client, the same for all, or their own', () => {
    expect(hostFor('client', announced())).toBeUndefined();
    expect(hostFor('a.example.net', announced())).toBe('a.example.net');
    expect(hostFor('upstream', announced())).toBe('10.0.0.5:8080');
    expect(hostFor('upstream', announced('https', 443))).toBe('10.0.0.5');
    expect(hostFor('upstream', announced('https', 80, 'fd00::1'))).toBe('[fd00::1]:80');
    expect(hostFor('upstream', configured('https://files.example.net:443'))).toBe(
      'files.example.net',
    );
    expect(hostFor('upstream', configured('h2c://files.example.net:8080'))).toBe(
      'files.example.net:8080',
    );
  });

  it.each(['a', 'a.example.net', 'a_b', 'a.example.net:8080', '192.0.2.1', '[fd00::1]:80'])(
    'may be %s',
    (host) => expect(isHost(host)).toBe(true),
  );

  it.each(['', 'a b', 'a/b', 'http://a', 'a:b', 'a\r\nx: y', '-', 'user@a', 'a,b', 'a:123456'])(
    'may not be %j',
    (host) => expect(isHost(host)).toBe(false),
  );
});
