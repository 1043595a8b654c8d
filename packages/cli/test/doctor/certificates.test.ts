import { expect, it } from 'vitest';
import type { CertificateView } from '@rollcall/gateway';
import { judgeCertificates } from '../../src/doctor/certificates.ts';

const DAY = 86_400_000;
const acme = (given: Partial<CertificateView> = {}): CertificateView => ({
  names: ['api.example.com'],
  source: 'acme',
  expiresAt: 60 * DAY,
  failures: 0,
  ...given,
});
const found = (...views: CertificateView[]): string[] =>
  judgeCertificates(
    views.map((view) => ({ view })),
    0,
  ).map(({ level, found: text, advice = '' }) => `${level} ${text} -> ${advice}`);

it('a gateway without certificates has none to judge', () => expect(found()).toEqual([]));

it('valid certificates are well, with the first that expires', () => {
  expect(found(acme())).toEqual(['ok the certificate expires in 60 days -> ']);
  expect(found(acme(), acme({ expiresAt: 30 * DAY }))).toEqual([
    'ok the first of 2 certificates expires in 30 days -> ',
  ]);
});

it('a certificate that expires soon, has expired, or cannot be ordered is a fault', () => {
  expect(found(acme({ source: 'file', file: 'a.pem', expiresAt: 5 * DAY }))).toEqual([
    'warn that of api.example.com expires in 5 days -> renew a.pem',
  ]);
  expect(found(acme({ failures: 1, reason: 'no route' }))[0]).toMatch(
    /^warn that of api\.example\.com expires in 60 days; 1 order has failed: no route/,
  );
  expect(found(acme({ expiresAt: -1 }))[0]).toMatch(/^fail that of api\.example\.com has expired/);
  const { expiresAt: _, ...missing } = acme();
  expect(found(missing)[0]).toMatch(/^warn api\.example\.com has no certificate yet -> wait/);
  expect(found({ ...missing, failures: 2, reason: 'dns' })[0]).toMatch(
    /^fail api\.example\.com has no certificate yet; 2 orders have failed: dns/,
  );
});

it('says that the certificate authority cannot reach a name', () => {
  const view = acme({ failures: 1, reason: 'connection' });
  const [finding] = judgeCertificates([{ view, unreachable: 'port 80 refuses' }], 0);
  expect(finding?.advice).toMatch(/^port 80 refuses: the certificate authority has to reach/);
});
