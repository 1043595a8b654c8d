import { describe, expect, it, vi } from 'vitest';
import { setup, TOKEN } from './setup.ts';

describe('what an operator decides about a version', () => {
  const view = { version: '1.5', state: 'accepted', why: '', instances: 1 } as const;
  const decided = vi.fn((prefix: string, version: string) =>
    prefix === '/v1' && version === '1.5' ? view : undefined,
  );
  const decide = (query: string, token = TOKEN) =>
    setup({ rollouts: { of: () => [view], decide: decided, listen: () => {} } }).ask(
      `/api/services/versions?${query}`,
      { method: 'POST', token },
    );

  it('is passed on, in any spelling of the prefix', async () => {
    const answer = await decide('prefix=/v1/&version=1.5&decision=promote');
    expect([answer.status, await answer.json()]).toEqual([200, view]);
    expect(decided).toHaveBeenLastCalledWith('/v1', '1.5', 'accepted');
    await decide('prefix=/v1&version=1.5&decision=hold');
    expect(decided).toHaveBeenLastCalledWith('/v1', '1.5', 'held');
    await decide('prefix=/v1&decision=reset');
    expect(decided).toHaveBeenLastCalledWith('/v1', '', 'testing');
  });

  it('needs the token, a version that there is, and one of three words', async () => {
    expect((await decide('prefix=/v1&version=1.5&decision=hold', 'wrong')).status).toBe(401);
    const unknown = await decide('prefix=/v1&version=2&decision=hold');
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { code: 'unknown-version' },
    ]);
    for (const query of ['version=1.5&decision=hold', 'prefix=/v1&version=1.5&decision=toString'])
      expect((await decide(query)).status).toBe(400);
  });
});
