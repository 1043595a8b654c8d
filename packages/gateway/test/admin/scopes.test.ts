import { fromIsoTimes, silentLogger } from '@rollcall/runtime';
import { hashToken } from '@rollcall/runtime/admin';
import { describe, expect, it, vi } from 'vitest';
import type { AuditPage } from '../../src/admin/audit-api.ts';
import type { AuditEntry } from '../../src/audit/audit-entry.ts';
import { Access } from '../../src/admin/access.ts';
import type { AccessSettings } from '../../src/admin/access.ts';
import { access, EPOCH, setup, TOKEN } from './setup.ts';

type Setup = ReturnType<typeof setup>;

const tokenOf = (name: string): string => `the-long-token-of-${name}`;
const tokens: AccessSettings['adminTokens'] = {
  reader: { hash: hashToken(tokenOf('reader')), scopes: ['read'] },
  drainer: { hash: hashToken(tokenOf('drainer')), scopes: ['drain'] },
  releaser: { hash: hashToken(tokenOf('releaser')), scopes: ['versions'] },
  old: {
    hash: hashToken(tokenOf('old')),
    scopes: ['read'],
    expiresAt: new Date(EPOCH).toISOString(),
  },
};

const post = (token: string, more = {}) => ({ method: 'POST', token, ...more });

async function codeOf(answer: Response): Promise<[number, string | undefined]> {
  const { code } = (await answer.json()) as { code?: string };
  return [answer.status, code];
}

async function entries({ ask }: Setup, token = ''): Promise<readonly AuditEntry[]> {
  const page = fromIsoTimes(await (await ask('/api/audit', { token })).json()) as AuditPage;
  return page.entries;
}

async function callerOf(made: Setup, token: string): Promise<unknown> {
  const answer = await made.ask('/api/status', { token });
  return ((await answer.json()) as { caller: unknown }).caller;
}

describe('the scopes of a token', () => {
  it.each([
    ['GET', '/api/status', 'read'],
    ['GET', '/api/audit', 'read'],
    ['GET', '/api/changes', 'read'],
    ['POST', '/api/instances/a/drain', 'drain'],
    ['POST', '/api/instances/a/undrain', 'drain'],
    ['POST', '/api/instances/a/forget', 'drain'],
    ['POST', '/api/services/forget?prefix=/v1', 'drain'],
    ['POST', '/api/services/versions?prefix=/v1&version=1&decision=hold', 'versions'],
  ])('must include that of %s %s: %s', async (method, path, scope) => {
    const made = setup({ access: access({ adminTokens: tokens }, false) });
    made.say('register', 'a');
    for (const [name, has] of [
      ['reader', 'read'],
      ['drainer', 'drain'],
      ['releaser', 'versions'],
    ] as const) {
      const answer = await made.ask(path, { method, token: tokenOf(name) });
      expect(answer.status === 403, name).toBe(has !== scope);
      if (answer.status !== 403) continue;
      expect(answer.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
      const problem = (await answer.json()) as { code: string; detail: string };
      expect(problem.code).toBe('missing-scope');
      expect(problem.detail).toBe(
        `The token ${name} does not have the scope "${scope}". Its scopes: ${has}.`,
      );
    }
  });

  it('are shown by the status, with the name of the token', async () => {
    const local = setup({ access: access({ adminToken: TOKEN, adminTokens: tokens }) });
    expect(await callerOf(local, '')).toEqual({ scopes: ['read'] });
    expect(await callerOf(local, tokenOf('drainer'))).toEqual({
      name: 'drainer',
      scopes: ['read', 'drain'],
    });
    expect(await callerOf(local, TOKEN)).toEqual({
      name: 'admin',
      scopes: ['read', 'drain', 'versions'],
    });
    expect(await callerOf(local, tokenOf('old'))).toEqual({ scopes: ['read'] });
  });

  it('are refused with 401 once the token has expired', async () => {
    const { ask } = setup({ access: access({ adminTokens: tokens }, false) });
    const answer = await ask('/api/status', { token: tokenOf('old') });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/has expired/) });
  });
});

describe('a configuration with other tokens', () => {
  it('takes effect at once, and ends the streams of a token that is gone', async () => {
    const open = access({ adminTokens: tokens }, false);
    const { ask, say } = setup({ access: open });
    const stream = (await ask('/api/changes', { token: tokenOf('reader') })).body?.getReader();
    await stream?.read();
    open.configure({ adminTokens: tokens, trustedProxies: [] });
    say('register', 'a');
    expect((await stream?.read())?.done).toBe(false);
    open.configure({ adminToken: TOKEN, adminTokens: {}, trustedProxies: [] });
    expect((await stream?.read())?.done).toBe(true);
    expect((await ask('/api/status', { token: tokenOf('reader') })).status).toBe(401);
    expect((await ask('/api/status', { token: TOKEN })).status).toBe(200);
  });
});

describe('failed logins at the admin port', () => {
  it('are limited for each address, and logged without the token', async () => {
    const warn = vi.fn();
    const settings = { adminToken: TOKEN, adminTokens: {}, trustedProxies: [] };
    const limited = new Access({
      isLocal: false,
      settings,
      logger: { ...silentLogger, warn },
      now: () => EPOCH,
    });
    const { ask } = setup({ access: limited });
    const wrong = { token: 'wrong-wrong-wrong-wrong', from: '10.0.0.9' };
    for (let count = 0; count < 30; count++)
      expect((await ask('/api/status', wrong)).status).toBe(401);
    const refused = await ask('/api/status', wrong);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await codeOf(refused)).toEqual([429, 'login-limited']);
    expect((await ask('/api/status', { ...wrong, from: '10.0.0.8' })).status).toBe(401);
    expect((await ask('/api/status', { from: '10.0.0.9' })).status).toBe(401);
    expect((await ask('/api/status', { token: TOKEN, from: '10.0.0.9' })).status).toBe(200);
    // Of all addresses together, so that they do not fill the log.
    expect(warn).toHaveBeenCalledTimes(20);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('wrong-wrong');
    expect(warn).toHaveBeenCalledWith(
      { from: '10.0.0.9', why: 'unknown' },
      'rejected an admin token',
    );
  });
});

const decide = (prefix: string) => (prefix === '/v1' ? ({} as never) : undefined);

describe('the audit log', () => {
  const changed = { who: 'admin', from: '127.0.0.1', result: 'accepted' };
  const a = { prefix: '/v1', key: 'a', address: '10.0.0.1', port: 1 };

  it('has every change with who made it, what it was about, and from where', async () => {
    const made = setup({ rollouts: { of: () => [], decide, listen: () => {} } });
    const { ask, say, probed, state } = made;
    say('register', 'a');
    await ask('/api/instances/a/drain', post(TOKEN));
    state.now = 5;
    await ask('/api/instances/a/undrain', post(TOKEN));
    await ask('/api/instances/a/forget', post(TOKEN));
    await ask('/api/instances/nothing/drain', post(TOKEN));
    probed('a', 'refused');
    await ask('/api/instances/a/forget', post(TOKEN));
    await ask('/api/services/forget?prefix=/v1', post(TOKEN));
    for (const decision of ['promote', 'hold', 'reset'])
      await ask(`/api/services/versions?prefix=/v1/&version=1.5&decision=${decision}`, post(TOKEN));
    await ask('/api/services/versions?prefix=/v2&version=1.5&decision=hold', post(TOKEN));
    const version = { prefix: '/v1', version: '1.5' };
    expect((await entries(made)).toReversed()).toEqual([
      { id: 1, at: EPOCH, action: 'drain', target: a, ...changed },
      { id: 2, at: EPOCH + 5, action: 'undrain', target: a, ...changed },
      {
        id: 3,
        at: EPOCH + 5,
        action: 'forget-instance',
        target: a,
        ...changed,
        result: 'refused',
        reason: 'not-down',
      },
      {
        id: 4,
        at: EPOCH + 5,
        action: 'drain',
        target: { key: 'nothing' },
        ...changed,
        result: 'refused',
        reason: 'unknown-instance',
      },
      { id: 5, at: EPOCH + 5, action: 'forget-instance', target: a, ...changed },
      { id: 6, at: EPOCH + 5, action: 'forget-service', target: { prefix: '/v1' }, ...changed },
      { id: 7, at: EPOCH + 5, action: 'promote-version', target: version, ...changed },
      { id: 8, at: EPOCH + 5, action: 'hold-version', target: version, ...changed },
      { id: 9, at: EPOCH + 5, action: 'reset-version', target: version, ...changed },
      {
        id: 10,
        at: EPOCH + 5,
        action: 'hold-version',
        target: { ...version, prefix: '/v2' },
        ...changed,
        result: 'refused',
        reason: 'unknown-version',
      },
    ]);
  });

  it('has attempts without the scope, as far as they do not fill it, and none without a token', async () => {
    const made = setup({ access: access({ adminTokens: tokens }) });
    made.say('register', 'a');
    for (let count = 0; count < 40; count++)
      await made.ask('/api/instances/a/drain', post(tokenOf('reader')));
    await made.ask('/api/instances/a/drain', post('wrong-wrong-wrong-wrong'));
    await made.ask('/api/instances/a/drain', { method: 'POST' });
    const found = await entries(made);
    expect(found).toHaveLength(30);
    expect(found[0]).toMatchObject({
      who: 'reader',
      action: 'drain',
      target: a,
      result: 'refused',
      reason: 'missing-scope',
    });
    expect(made.observer.table.routable('/v1')).toHaveLength(1);
  });

  it.each([
    ['10.0.0.7', '203.0.113.9', '203.0.113.9'],
    ['10.0.0.7', '198.51.100.1, 203.0.113.9, 10.0.0.8', '203.0.113.9'],
    ['192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['::ffff:192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ])(
    'has the address from a trusted proxy only: of %s that says %s, %s',
    async (from, said, has) => {
      const made = setup({ access: access({ adminToken: TOKEN, trustedProxies: ['10.0.0.0/8'] }) });
      made.say('register', 'a');
      await made.ask(
        '/api/instances/a/drain',
        post(TOKEN, { from, headers: { 'x-forwarded-for': said } }),
      );
      expect((await entries(made))[0]?.from).toBe(has);
    },
  );

  it('is read in pages, and exported as JSON lines', async () => {
    const made = setup();
    made.say('register', 'a');
    for (let count = 0; count < 120; count++) await made.ask('/api/instances/a/drain', post(TOKEN));
    const ids = async (query: string) =>
      ((await (await made.ask(`/api/audit${query}`)).json()) as AuditPage).entries.map(
        ({ id }) => id,
      );
    expect(await ids('')).toHaveLength(100);
    expect(await ids('?limit=2')).toEqual([120, 119]);
    expect(await ids('?limit=2&before=119')).toEqual([118, 117]);
    const lines = await made.ask('/api/audit', { headers: { accept: 'application/jsonl' } });
    expect(lines.headers.get('content-type')).toBe('application/jsonl');
    const all = (await lines.text()).trim().split('\n');
    expect(all.map((line) => (JSON.parse(line) as AuditEntry).id)).toEqual(
      Array.from({ length: 120 }, (_, index) => index + 1),
    );
    const some = await (await made.ask('/api/audit?format=jsonl&limit=3')).text();
    expect(some).toBe(`${all.slice(-3).join('\n')}\n`);
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'before=-1', 'before=', 'format=csv'])
      expect((await made.ask(`/api/audit?${query}`)).status, query).toBe(400);
  });
});
