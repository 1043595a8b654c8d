import { expect, it } from 'vitest';
import { parseNotifyLetter } from '../../src/notify/letters.ts';
import { Team } from '../../src/notify/team.ts';

it('a gateway that has missed its turn is asked once, and forgotten unless it answers', () => {
  const team = new Team();
  team.heard('a');
  team.heard('b');
  expect(team.doubt(['a', 'b'], 0)).toBe(true);
  expect(team.doubt(['a', 'b', 'unknown'], 100)).toBe(false);
  team.heard('b');
  team.tick(5000);
  expect(team.others).toEqual(['b']);
  team.left('b');
  expect(team.others).toEqual([]);
});

it('no more gateways are remembered than there can be', () => {
  const team = new Team();
  for (let count = 0; count < 1000; count++) team.heard(String(count));
  expect(team.others).toHaveLength(100);
});

const letter = { from: 'a', number: 1, at: 2 };
const sent = { type: 'sent', target: 't', group: 3, about: [['s', 'down']] };

it.each([{ type: 'hello', isAnswerWanted: true }, { type: 'bye' }, sent])(
  'a letter may say %j',
  (message) => {
    expect(parseNotifyLetter({ ...letter, message })).toEqual({ ...letter, message });
  },
);

it.each([
  undefined,
  'x',
  letter,
  { ...letter, message: { type: 'hello' } },
  { ...letter, message: { ...sent, about: [['s']] } },
  { ...letter, message: { ...sent, about: [['s', 1]] } },
  { ...letter, message: { ...sent, group: -1 } },
  { ...letter, message: { ...sent, target: 'x'.repeat(101) } },
  { ...letter, from: 1, message: { type: 'bye' } },
  { ...letter, at: '2', message: { type: 'bye' } },
])('%j is no letter', (input) => {
  expect(parseNotifyLetter(input)).toBeUndefined();
});
