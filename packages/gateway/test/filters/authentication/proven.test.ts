import { expect, it } from 'vitest';
import { dropForged, ownFields } from '../../../src/filters/authentication/proven.ts';
import { fieldSet } from '../filter-request.ts';

it.each(['X-Auth-User', 'x-auth-user', 'X_Auth_User', 'X.Auth.User', 'X-Auth.User', 'X.Auth_User'])(
  'a client cannot set X-Auth-User or X_Auth_Role as %s',
  (name) => {
    const fields = fieldSet({
      [name]: 'root',
      [name.replace(/user/i, 'Role')]: 'root',
      'X-Authors': 'a',
    });
    dropForged(fields, ownFields(['X-Auth-User', 'X_Auth_Role']));
    expect([...fields]).toEqual([['X-Authors', 'a']]);
  },
);
