import { beforeEach, describe, expect, it } from 'vitest';
import { Users } from '../../src/app/users.ts';
import { FakeConnection } from '../fake-connection.ts';

let users: Users;
beforeEach(() => {
  users = new Users();
});

const user = (id: string, ...watchlist: string[]) => ({ id, info: null, watchlist });
const events = (connection: FakeConnection) =>
  connection.take().flatMap(({ data }) => (data as { events: unknown[] }).events);

describe('a watchlist', () => {
  it('tells at sign-in who is there and who is not', () => {
    users.signIn(user('bob'), new FakeConnection());
    const ann = new FakeConnection();
    users.signIn(user('ann', 'bob', 'eve'), ann);
    expect(events(ann)).toEqual([
      { name: 'online', user_ids: ['bob'] },
      { name: 'offline', user_ids: ['eve'] },
    ]);
  });

  it('tells of the first connection of a user and of the end of the last', () => {
    const [ann, phone, laptop] = [new FakeConnection(), new FakeConnection(), new FakeConnection()];
    users.signIn(user('ann', 'bob'), ann);
    ann.take();
    users.signIn(user('bob'), phone);
    expect(events(ann)).toEqual([{ name: 'online', user_ids: ['bob'] }]);
    users.signIn(user('bob'), laptop);
    users.signOut(user('bob'), phone);
    expect(events(ann)).toEqual([]);
    users.signOut(user('bob'), laptop);
    expect(events(ann)).toEqual([{ name: 'offline', user_ids: ['bob'] }]);
    expect(phone.take(), 'who watches nobody is told nothing').toEqual([]);
  });

  it('is forgotten when its owner signs out', () => {
    const ann = new FakeConnection();
    users.signIn(user('ann', 'bob'), ann);
    users.signOut(user('ann', 'bob'), ann);
    ann.take();
    users.signIn(user('bob'), new FakeConnection());
    expect(ann.take()).toEqual([]);
  });
});
