import { styleText } from 'node:util';

const COLOURS = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const;
const LEVELS = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;

/** Paints by number, the same number always alike; plain where the output is no colour terminal. */
export function paint(number: number, text: string): string {
  return inColour() ? styleText(COLOURS[number % COLOURS.length] ?? 'cyan', text) : text;
}

/** A level as a word of four letters. */
export function paintLevel(level: keyof typeof LEVELS): string {
  const text = level.padEnd(4);
  return inColour() ? styleText(LEVELS[level], text) : text;
}

function inColour(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors() && !process.env['NO_COLOR'];
}
