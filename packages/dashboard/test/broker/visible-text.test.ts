import { expect, it } from 'vitest';
import { visibleText } from '../../src/broker/visible-text.ts';

it.each([
  ['news', 'news'],
  ['a\n\tb <b>ü 字 😀', 'a\n\tb <b>ü 字 😀'],
  ['\u202Egnp.exe', String.raw`\u202Egnp.exe`],
  ['a\u200Bb\u0000', String.raw`a\u200Bb\u0000`],
  ['\uD800', String.raw`\uD800`],
])('shows %j as %s, so that nothing in it hides or reverses the text beside it', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
});
