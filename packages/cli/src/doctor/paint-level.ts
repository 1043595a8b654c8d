import { styleText } from 'node:util';

const LEVELS = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;

/** A level as a word of four letters, in colour at a terminal. */
export function paintLevel(level: keyof typeof LEVELS): string {
  const text = level.padEnd(4);
  const inColour = process.stdout.isTTY && process.stdout.hasColors();
  return inColour ? styleText(LEVELS[level], text) : text;
}
