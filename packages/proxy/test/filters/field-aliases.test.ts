import { describe, expect, it } from 'vitest';
import { FieldAliases } from '../../src/filters/field-aliases.ts';
import { FieldSet } from '../../src/filters/field-set.ts';

const OWN = new FieldAliases(['X-Auth-User', 'X_Auth_Role', "X-+*|^$'-!"]);

describe('fields that a client must not set', () => {
  it.each([
    'X-Auth-User',
    'x-auth-user',
    'X_Auth_User',
    'X.Auth.User',
    'X-Auth.User',
    'X.Auth_User',
    'X-Auth-Role',
    'x_auth.role',
    "x_+*|^$'.!",
  ])('are deleted as %s, and others stay', (name) => {
    for (const isRead of [false, true]) {
      const fields = new FieldSet(
        `X-Authors: a\r\n${name}: root\r\nX-Auth-Users: b\r\n${name}: 2\r\n`,
      );
      if (isRead) fields.get('x-authors');
      fields.deleteAliases(OWN);
      expect([...fields]).toEqual([
        ['X-Authors', 'a'],
        ['X-Auth-Users', 'b'],
      ]);
      expect(fields.isChanged).toBe(true);
    }
  });

  it('change nothing if they did not come, also if their name stands in a value', () => {
    for (const lines of ['Host: a\r\n', 'Vary: X-Auth-User\r\n', '']) {
      const fields = new FieldSet(lines);
      fields.deleteAliases(OWN);
      expect([fields.isChanged, fields.toLines()]).toEqual([false, lines]);
    }
  });

  it('cannot come as trailers either', () => {
    const fields = new FieldSet('x_auth_user: 1\r\n');
    fields.deleteAliases(OWN);
    expect(fields.decided).toEqual(
      expect.arrayContaining(['x-auth-user', 'x-auth-role', 'x_auth_role', 'x_auth_user']),
    );
  });

  it('are none without names', () => {
    const fields = new FieldSet('A: 1\r\n');
    fields.deleteAliases(new FieldAliases([]));
    expect(fields.toLines()).toBe('A: 1\r\n');
  });

  it('can be set afterwards, and fields keep their order', () => {
    const fields = new FieldSet('A: 1\r\nB: 2\r\n');
    fields.deleteAliases(OWN);
    fields.set('X-Auth-User', 'ann');
    fields.delete('a');
    expect(fields.toLines()).toBe('B: 2\r\nX-Auth-User: ann\r\n');
  });
});
