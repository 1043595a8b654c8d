import { describe, expect, it } from 'vitest';
import { formatUpstreamUrl, parseUpstreamUrl } from '../../src/routing/upstream-url.ts';

function canonical(written: string): string | undefined {
  const url = parseUpstreamUrl(written);
  return url && formatUpstreamUrl(url);
}

describe('the URL of an upstream', () => {
  it.each([
    ['http://10.0.0.5:8080', 'http://10.0.0.5:8080'],
    ['http://10.0.0.5', 'http://10.0.0.5:80'],
    ['HTTPS://Files.Internal./', 'https://files.internal:443'],
    ['http://[FD00::1]:81', 'http://[fd00::1]:81'],
    ['h2c://Grpc.Internal', 'h2c://grpc.internal:80'],
    ['H2://[FD00::1]', 'h2://[fd00::1]:443'],
    ['HTTP+SRV://_Api._TCP.Example.com./', 'http+srv://_api._tcp.example.com'],
    ['h2+srv://_api._tcp.example.com', 'h2+srv://_api._tcp.example.com'],
  ])('%j is %j', (written, expected) => {
    expect(canonical(written)).toBe(expected);
  });

  it.each([
    '10.0.0.5:8080',
    'ftp://10.0.0.5',
    'h3://10.0.0.5',
    'http://',
    'http://a:0',
    'http://a:99999',
    'http://user@a',
    'http://a/path',
    'http://a?b',
    'http://a#b',
    'http+srv://example.com',
    'http+srv://_api._tcp.example.com:80',
    'http+srv://10.0.0.5',
    'srv://_api._tcp.example.com',
  ])('is not %j', (written) => {
    expect(parseUpstreamUrl(written)).toBeUndefined();
  });
});
