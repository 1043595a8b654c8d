import { describe, expect, it } from 'vitest';
import type { RequestView } from '@rollcall/proxy';
import { decidePlain } from '../../src/data-plane/plain-http.ts';
import { filterRequest } from '../filters/filter-request.ts';

const REDIRECT = { redirectPort: 443, challenges: new Map([['token', 'answer']]) };
const request = (given: Partial<RequestView> = {}): RequestView => ({
  method: 'GET',
  host: 'api.example.com',
  target: '/v1/x?y',
  clientAddress: '192.0.2.1',
  isSecure: false,
  field: () => undefined,
  ...given,
});

const location = (to: string) => ({ status: 308, fields: [['location', to]] });

const servesHost = (host: string): boolean => !host.startsWith('evil');

/** What the client is answered with; undefined if the router decides. */
async function answer(given: Partial<RequestView> = {}, settings = REDIRECT): Promise<unknown> {
  const decision = decidePlain(request(given), settings, servesHost);
  if (decision === undefined) return undefined;
  if (decision.type === 'answer') return decision.problem.code;
  return decision.filters?.[0]?.onRequest?.(filterRequest());
}

describe('the port without TLS', () => {
  it('redirects to HTTPS, with path and query', async () => {
    expect(await answer()).toEqual(location('https://api.example.com/v1/x?y'));
    expect(await answer({ host: 'api.example.com:80' })).toEqual(
      location('https://api.example.com/v1/x?y'),
    );
    expect(await answer({}, { ...REDIRECT, redirectPort: 8443 })).toEqual(
      location('https://api.example.com:8443/v1/x?y'),
    );
    expect(await answer({ host: '[::1]:80', target: '*' })).toEqual(location('https://[::1]/'));
  });

  it('answers pending challenges, and redirects all others', async () => {
    const path = '/.well-known/acme-challenge/';
    expect(await answer({ target: `${path}token` })).toMatchObject({ status: 200, body: 'answer' });
    expect(await answer({ target: `${path}other` })).toMatchObject({ status: 308 });
  });

  it('does not redirect to a host that the gateway does not serve, which the router refuses', async () => {
    expect(await answer({ host: 'evil.example' })).toBeUndefined();
    expect(await answer({ host: 'evil.example:80', target: '//api.example.com/' })).toBeUndefined();
  });

  it('refuses a request without a host, which it could not redirect', async () => {
    expect(await answer({ host: '' })).toBe('unknown-host');
  });

  it('serves what came by TLS through a trusted proxy, and everything if it is configured so', async () => {
    expect(await answer({ isSecure: true })).toBeUndefined();
    expect(await answer({}, { ...REDIRECT, redirectPort: undefined } as never)).toBeUndefined();
  });
});
