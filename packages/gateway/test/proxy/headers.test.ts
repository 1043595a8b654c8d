import { describe, expect, it } from 'vitest';
import { requestHeaders, responseHeaders } from '../../src/proxy/headers.ts';

const FACTS = {
  clientAddress: '192.0.2.7',
  localPort: 1500,
  protocol: 'http',
  httpVersion: '1.0',
  pseudonym: 'us',
  prefix: '/v1',
} as const;

function asRecord(flat: string[]): Record<string, string[]> {
  const record: Record<string, string[]> = {};
  for (let at = 0; at < flat.length; at += 2) {
    (record[(flat[at] ?? '').toLowerCase()] ??= []).push(flat[at + 1] ?? '');
  }
  return record;
}

describe('requestHeaders', () => {
  it('passes Host through and says where the request came from', () => {
    const raw = ['Host', 'Example.com:80', 'X-Custom', 'a', 'x-custom', 'b'];
    expect(asRecord(requestHeaders(raw, FACTS))).toEqual({
      host: ['Example.com:80'],
      'x-custom': ['a', 'b'],
      'x-forwarded-for': ['192.0.2.7'],
      'x-forwarded-port': ['1500'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['Example.com:80'],
      'x-forwarded-prefix': ['/v1'],
      via: ['1.0 us'],
    });
  });

  it('takes nobody else’s word for where it came from', () => {
    const raw = ['Host', 'a', 'X-Forwarded-For', '1.1.1.1', 'X_Forwarded_For', '1.1.1.1'];
    raw.push('Forwarded', 'for=1.1.1.1', 'X-Real-IP', '1.1.1.1', 'x-forwarded-PREFIX', '/admin');
    const headers = asRecord(requestHeaders(raw, { ...FACTS, prefix: '' }));
    expect(JSON.stringify(headers)).not.toContain('1.1.1.1');
    expect(headers['x-forwarded-prefix']).toBeUndefined();
  });

  it('removes what belongs to the connection, and what Connection names', () => {
    const raw = ['Host', 'a', 'Connection', 'close, X-Hop', 'X-Hop', '1', 'Keep-Alive', '5'];
    raw.push(
      'TE',
      'trailers',
      'Transfer-Encoding',
      'chunked',
      'Upgrade',
      'h2c',
      'Expect',
      '100-continue',
    );
    const headers = asRecord(requestHeaders(raw, FACTS));
    for (const name of [
      'connection',
      'x-hop',
      'keep-alive',
      'te',
      'transfer-encoding',
      'upgrade',
    ]) {
      expect(headers[name], name).toBeUndefined();
    }
    expect(headers['expect']).toBeUndefined();
  });

  it('keeps ours, Host and Content-Length even if Connection names them', () => {
    const raw = ['Host', 'a', 'Content-Length', '3'];
    raw.push('Connection', 'X-Forwarded-For, Host, Content-Length');
    const headers = asRecord(requestHeaders(raw, FACTS));
    expect(headers).toMatchObject({
      host: ['a'],
      'content-length': ['3'],
      'x-forwarded-for': ['192.0.2.7'],
    });
  });
});

describe('responseHeaders', () => {
  it('keeps repeated fields apart and in order', () => {
    const raw = ['Set-Cookie', 'a=1', 'Connection', 'keep-alive', 'Set-Cookie', 'b=2'];
    expect(responseHeaders(raw, 200)).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
  });
});
