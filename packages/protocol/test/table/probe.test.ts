import { expect, it } from 'vitest';
import { DEFAULT_HEALTH_CHECK, describeProbed, probeVerdict } from '@rollcall/protocol';

const ANNOUNCED = { health: DEFAULT_HEALTH_CHECK };

it.each([
  [{ status: 200 }, 'ok', 'ok'],
  [{ status: 204 }, 'ok', 'ok'],
  [{ status: 302 }, 'ok', 'ok'],
  [{ status: 400 }, 'failed', 'ok'],
  [{ status: 401 }, 'failed', 'ok'],
  [{ status: 403 }, 'failed', 'ok'],
  [{ status: 404 }, 'failed', 'ok'],
  [{ status: 405 }, 'failed', 'ok'],
  [{ status: 410 }, 'failed', 'ok'],
  [{ status: 429 }, 'failed', 'ok'],
  [{ status: 499 }, 'failed', 'ok'],
  [{ status: 501 }, 'failed', 'ok'],
  [{ status: 500 }, 'failed', 'failed'],
  [{ status: 502 }, 'failed', 'failed'],
  [{ status: 503 }, 'failed', 'failed'],
  [{ code: 'ECONNREFUSED' }, 'refused', 'refused'],
  [{ code: 'ETIMEDOUT', isConnected: true }, 'timeout', 'timeout'],
  [{ code: 'ETIMEDOUT', isConnected: false }, 'unreachable', 'unreachable'],
  [{ code: 'ECONNRESET' }, 'failed', 'failed'],
  [{ code: 'EMFILE' }, 'unknown', 'unknown'],
  [{ code: 'ENFILE' }, 'unknown', 'unknown'],
  [{ code: 'ENOBUFS' }, 'unknown', 'unknown'],
  [{ code: 'ENOMEM' }, 'unknown', 'unknown'],
  [{ code: 'EADDRNOTAVAIL' }, 'unknown', 'unknown'],
  [{ code: 'HPE_INVALID_CONSTANT' }, 'failed', 'ok'],
  [{ code: 'ERR_INSTANCE_IDENTITY' }, 'unidentified', 'unidentified'],
])(
  'a probe that ends with %j is %s, and %s without an announced health check',
  (outcome, ...verdicts) => {
    expect([probeVerdict(outcome, ANNOUNCED), probeVerdict(outcome, {})]).toEqual(verdicts);
  },
);

it.each([
  [{ status: 401 }, 'GET /health answered 401'],
  [{ code: 'ETIMEDOUT' }, 'it accepted no connection in time'],
  [{ code: 'ETIMEDOUT', isConnected: true }, 'GET /health was not answered in time'],
  [{ code: 'ECONNRESET' }, 'GET /health failed with ECONNRESET'],
  [
    { code: 'HPE_INVALID_CONSTANT' },
    'GET /health was not answered in HTTP/1.1, but perhaps in HTTP/2 or TLS (HPE_INVALID_CONSTANT)',
  ],
  [{ code: 'ERR_INSTANCE_IDENTITY', reason: 'why' }, 'it does not prove who it is: why'],
  [
    { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
    'it refused the certificate of this observer, or the lack of one (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
  ],
  [
    { code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' },
    'GET /health failed with ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
  ],
  [{ status: 200 }, undefined],
  [{ code: 'ECONNREFUSED' }, undefined],
  [{ code: 'EMFILE' }, 'this machine lacks descriptors, ports or memory'],
])('a probe that ends with %j is described as: %s', (outcome, text) => {
  const verdict = probeVerdict(outcome, ANNOUNCED);
  const attempt = { method: 'GET', path: '/health', outcome };
  expect(describeProbed({ verdict, attempt })).toBe(text);
});

it('a connection that fails is described, too', () => {
  const attempt = { outcome: { code: 'EHOSTUNREACH' } };
  expect(describeProbed({ verdict: 'failed', attempt })).toBe(
    'the connection failed with EHOSTUNREACH',
  );
});
