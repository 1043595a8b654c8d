import { describe, expect, it } from 'vitest';
import { parseBusUrl } from '../../../src/cluster/bus/bus-url.ts';

const server = (host: string, port: number) => ({ host, port });

describe('the URL of a bus', () => {
  it.each([
    [
      'redis://localhost',
      { engine: 'redis', isSecure: false, servers: [server('localhost', 6379)] },
    ],
    [
      'rediss://me:p%40ss@[2001:db8::1]:7000/2',
      {
        engine: 'redis',
        isSecure: true,
        servers: [server('2001:db8::1', 7000)],
        username: 'me',
        password: 'p@ss',
      },
    ],
    [
      'redis://:p@s/s@h',
      { engine: 'redis', isSecure: false, servers: [server('h', 6379)], password: 'p@s/s' },
    ],
    [
      'redis+sentinel://a,b:7,10.0.0.3/my-master',
      {
        engine: 'redis+sentinel',
        isSecure: false,
        servers: [server('a', 26_379), server('b', 7), server('10.0.0.3', 26_379)],
        primaryName: 'my-master',
      },
    ],
    [
      'rediss+cluster://a:1,b/',
      { engine: 'redis+cluster', isSecure: true, servers: [server('a', 1), server('b', 6379)] },
    ],
    [
      'nats://token@a,b:9',
      {
        engine: 'nats',
        isSecure: false,
        servers: [server('a', 4222), server('b', 9)],
        username: 'token',
      },
    ],
    [
      'tls://a?credentialsFile=%2Fetc%2Fa.creds',
      {
        engine: 'nats',
        isSecure: true,
        servers: [server('a', 4222)],
        credentialsFile: '/etc/a.creds',
      },
    ],
  ])('%s', (text, url) => {
    expect(parseBusUrl(text)).toEqual(url);
  });

  it.each([
    '',
    'localhost:6379',
    'http://localhost',
    'constructor://a',
    'redis://',
    'redis://a,b',
    'redis://a:0',
    'redis://a:65536',
    'redis://a:x',
    'redis://a/db',
    'redis://a?tls=1',
    'redis://a#b',
    'redis://%zz@a',
    'redis+sentinel://a',
    'redis+cluster://a/1',
    'nats://a/b',
    'nats://a?other=1',
    'nats://a,,b',
  ])('is not %j', (text) => {
    expect(parseBusUrl(text)).toBeUndefined();
  });
});
