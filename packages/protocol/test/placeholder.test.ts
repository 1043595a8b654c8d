import { expect, it } from 'vitest';
import { isPlaceholder } from '../src/placeholder.ts';

it.each([
  'set-this',
  'CHANGE_ME',
  'set-this-to-something-random',
  '<secret>',
  '${SECRET}',
  '{{ token }}',
  'your-app-secret',
  'replace-this-with-a-token',
  'REPLACE_WITH_A_RANDOM_TOKEN',
  'xxxxxxxxxxxxxxxx',
  'example-token-for-documentation',
  'SAMPLE_SECRET',
  'dummy.token.for.a.demo',
  'prefix-${TOKEN}',
])('knows that %s is still a placeholder', (secret) => {
  expect(isPlaceholder(secret)).toBe(true);
});

it.each([
  'rollcall-development-secret',
  '9f86d081884c7d659a2feaa0c55ad015',
  'a-token-of-enough-length',
  'kT0/8Bf+Ys5mY0aXw==',
])('takes %s for a secret', (secret) => {
  expect(isPlaceholder(secret)).toBe(false);
});
