import { styleText } from 'node:util';

const COLOURS = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const;

/** Paints by number, the same number always alike; plain where the output is no colour terminal. */
export function paint(number: number, text: string): string {
  const inColour = process.stdout.isTTY && process.stdout.hasColors() && !process.env['NO_COLOR'];
  return inColour ? styleText(COLOURS[number % COLOURS.length] ?? 'cyan', text) : text;
}
