import { describe, expect, it } from 'vitest';
import { CLIENT_CERTIFICATE } from '../../../src/filters/authentication/client-certificate.ts';
import { CERTIFICATE } from '../../../src/filters/authentication/consumer-formats.ts';
import { filterContext, filterOf, filterRequest, settingsOf } from '../filter-request.ts';

const FINGERPRINT = 'ab'.repeat(32);
const ALICE = {
  subject: 'CN=alice,O=Example',
  names: ['DNS:alice.example', 'URI:spiffe://example/alice'],
  fingerprint: FINGERPRINT,
  validFrom: Date.parse('2026-11-01T00:00:00Z'),
  validUntil: Date.parse('2026-12-01T00:00:00Z'),
};
const date = () => Date.parse('2026-11-29T00:00:00Z');

describe('a client certificate', () => {
  it.each(['CN=alice,O=Example', 'DNS:alice.example', `sha256:${FINGERPRINT}`])(
    'names the consumer by subject, other name or fingerprint: %s',
    (identity) => {
      const context = filterContext({ date, consumers: { alice: { certificates: [identity] } } });
      const filter = filterOf(CLIENT_CERTIFICATE, { enabled: true, consumers: ['alice'] }, context);
      const request = filterRequest({ clientCertificate: ALICE });
      expect(filter.onRequest?.(request)).toBeUndefined();
      expect(request.consumer).toBe('alice');
      expect([...request.fields]).toEqual([['X-Consumer', 'alice']]);
    },
  );

  it('of no consumer is named by its subject, unless the route lists consumers', () => {
    const context = filterContext({ date, consumers: { bob: { certificates: ['CN=bob'] } } });
    const request = filterRequest({ clientCertificate: ALICE });
    expect(
      filterOf(CLIENT_CERTIFICATE, { enabled: true }, context).onRequest?.(request),
    ).toBeUndefined();
    expect(request.consumer).toBe('CN=alice,O=Example');
    const listed = filterOf(CLIENT_CERTIFICATE, { enabled: true, consumers: ['bob'] }, context);
    expect(listed.onRequest?.(filterRequest({ clientCertificate: ALICE }))).toMatchObject({
      problem: { status: 403, code: 'forbidden' },
    });
  });

  it('is required', () => {
    const filter = filterOf(CLIENT_CERTIFICATE, { enabled: true });
    expect(filter.onRequest?.(filterRequest())).toMatchObject({
      problem: { status: 403, detail: 'The client has proved no certificate.' },
    });
  });

  it.each([
    [
      'has expired since the handshake, on an open connection or in a resumed session',
      '2026-12-01T00:00:00.001Z',
    ],
    ['is not valid yet by the clock of the gateway', '2026-10-31T23:59:59.999Z'],
  ])('that %s is refused', (_what, now) => {
    const context = filterContext({ date: () => Date.parse(now) });
    const filter = filterOf(CLIENT_CERTIFICATE, { enabled: true }, context);
    const request = filterRequest({ clientCertificate: ALICE });
    expect(filter.onRequest?.(request)).toMatchObject({
      problem: {
        status: 403,
        detail: 'The certificate of CN=alice,O=Example has expired or is not valid yet.',
      },
    });
    expect(request.consumer).toBeUndefined();
  });

  it('needs a CA of clients', () => {
    const settings = settingsOf(CLIENT_CERTIFICATE, { enabled: true });
    const facts = { isConsumer: () => true, hasRedis: false, hasClientCa: false };
    expect(CLIENT_CERTIFICATE.faults?.(settings, facts)).toEqual([
      { key: 'enabled', problem: 'needs `tls.clientCa`' },
    ]);
    expect(CLIENT_CERTIFICATE.faults?.(settings, { ...facts, hasClientCa: true })).toEqual([]);
  });

  it.each(['alice', '', 'sha256:ab', '=x'])('cannot be named %j', (text) => {
    expect(CERTIFICATE.parse(text)).toBeUndefined();
  });
});
