import { expect, it } from 'vitest';
import type { CertificateView } from '@rollcall/gateway';
import { describeCertificate } from '../../src/model/certificate.ts';

const DAY = 86_400_000;
const described = (given: Partial<CertificateView>): string => {
  const view = {
    names: ['a.example', 'b.example'],
    source: 'acme',
    failures: 0,
    ...given,
  } as const;
  const { name, tone, text } = describeCertificate(view, 0);
  expect(name).toBe('a.example, b.example');
  return `${tone}: ${text}`;
};

it('a certificate is valid, expires soon, has expired, is missing, or cannot be ordered', () => {
  expect(described({ expiresAt: 90 * DAY, nextOrderAt: 60 * DAY })).toBe(
    'good: expires in 90 d, renewed in 60 d',
  );
  expect(described({ source: 'file', expiresAt: 5 * DAY })).toBe(
    'warning: expires in 5 d, from a file',
  );
  expect(described({ source: 'file', expiresAt: -5 * DAY })).toBe(
    'bad: expired 5 d ago, from a file',
  );
  expect(described({ nextOrderAt: 0 })).toBe('warning: none yet, being ordered');
  expect(described({ nextOrderAt: 60_000, failures: 2, reason: 'refused' })).toBe(
    'bad: none yet, ordered again in 1 min (refused)',
  );
});
