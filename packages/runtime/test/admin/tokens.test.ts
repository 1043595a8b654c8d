import { describe, expect, it, vi } from 'vitest';
import {
  accessRefusal,
  adminTokenFaults,
  AdminTokens,
  adminTokensOf,
  hashToken,
} from '@rollcall/runtime/admin';
import type { AdminToken } from '@rollcall/runtime/admin';

const SCOPES = ['read', 'drain'] as const;
type Scope = (typeof SCOPES)[number];

const ALICE: AdminToken<Scope> = {
  name: 'alice',
  hash: hashToken('token-of-alice'),
  scopes: ['read'],
};

function setup(...tokens: AdminToken<Scope>[]) {
  const clock = { now: 1000 };
  return { clock, tokens: new AdminTokens<Scope>(tokens, () => clock.now) };
}

describe('the tokens of a configuration', () => {
  it('are those by name, and adminToken with every scope', () => {
    const { hash } = ALICE;
    const config = {
      adminToken: 'token-of-admin',
      adminTokens: { alice: { hash, scopes: ['read' as const], expiresAt: '2027-01-31' } },
    };
    expect(adminTokensOf(config, SCOPES)).toEqual([
      { name: 'admin', hash: hashToken('token-of-admin'), scopes: ['read', 'drain'] },
      { ...ALICE, expiresAt: Date.UTC(2027, 0, 31) },
    ]);
  });

  it('must not be those of two people, nor have the name of adminToken', () => {
    const { hash } = ALICE;
    expect(adminTokenFaults({ adminTokens: { alice: { hash }, bob: { hash } } })).toEqual([
      {
        path: ['adminTokens', 'bob', 'hash'],
        message: '`adminTokens.bob.hash` is the token of alice, too',
      },
    ]);
    expect(adminTokenFaults({ adminTokens: { admin: { hash } } })).toEqual([]);
    expect(adminTokenFaults({ adminTokenFile: 'x', adminTokens: { admin: { hash } } })).toEqual([
      expect.objectContaining({ path: ['adminTokens', 'admin'] }),
    ]);
  });
});

describe('the token of a request', () => {
  it('is known by its hash', () => {
    const { tokens } = setup(ALICE);
    expect(tokens.identify('token-of-alice')).toEqual({ token: ALICE });
    for (const given of ['token-of-alicf', 'token-of-alic', '', ALICE.hash])
      expect(tokens.identify(given)).toEqual({ failure: 'unknown' });
    expect(tokens.identify(undefined)).toEqual({});
  });

  it('is valid until it expires or is removed', () => {
    const { tokens, clock } = setup({ ...ALICE, expiresAt: 2000 });
    clock.now = 1999;
    expect(tokens.identify('token-of-alice').token?.name).toBe('alice');
    clock.now = 2000;
    expect(tokens.identify('token-of-alice')).toEqual({ failure: 'expired' });
    tokens.configure([]);
    expect(tokens.identify('token-of-alice')).toEqual({ failure: 'unknown' });
    expect(tokens.isEmpty).toBe(true);
  });

  it('needs the scope, unless access is open', () => {
    const { tokens } = setup(ALICE);
    const caller = tokens.identify('token-of-alice');
    expect(accessRefusal(caller, { scope: 'read', isOpen: false, tokens })).toBeUndefined();
    expect(accessRefusal(caller, { scope: 'drain', isOpen: false, tokens })).toBe('missing-scope');
    expect(accessRefusal(caller, { isOpen: false, tokens })).toBeUndefined();
    expect(accessRefusal({}, { isOpen: false, tokens })).toBe('token-needed');
    expect(accessRefusal({}, { isOpen: true, tokens })).toBeUndefined();
    expect(accessRefusal({}, { isOpen: false, tokens: setup().tokens })).toBe('no-token-set');
  });
});

describe('what goes on by a token', () => {
  it.each<[string, AdminToken<Scope>[], number]>([
    ['stays when another token comes', [ALICE, { ...ALICE, name: 'bob', hash: 'b' }], 0],
    ['stays when the token gets more scopes', [{ ...ALICE, scopes: ['drain', 'read'] }], 0],
    ['ends when the token is removed', [], 1],
    ['ends when the token has another name', [{ ...ALICE, name: 'bob' }], 1],
    ['ends when the token loses a scope', [{ ...ALICE, scopes: ['drain'] }], 1],
    ['ends when the token has expired', [{ ...ALICE, expiresAt: 1000 }], 1],
  ])('%s', (_title, next, times) => {
    const { tokens } = setup(ALICE);
    const end = vi.fn();
    const release = tokens.hold(tokens.identify('token-of-alice'), end);
    tokens.configure(next);
    expect(end).toHaveBeenCalledTimes(times);
    release();
    tokens.configure([]);
    expect(end).toHaveBeenCalledTimes(times);
  });

  it('ends within a second after the token expires', () => {
    vi.useFakeTimers();
    try {
      const { tokens, clock } = setup({ ...ALICE, expiresAt: 2000 });
      const end = vi.fn();
      tokens.hold(tokens.identify('token-of-alice'), end);
      vi.advanceTimersByTime(1000);
      expect(end).not.toHaveBeenCalled();
      clock.now = 2000;
      vi.advanceTimersByTime(1000);
      expect(end).toHaveBeenCalledOnce();
      tokens.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
