import { styleText } from 'node:util';
import type { LineDestination } from './line-queue.ts';

/** A colour or a weight of text at a terminal, such as `red`. */
export type TextStyle = Parameters<typeof styleText>[0];

/** Whether text to a stream has colours: at a terminal, unless NO_COLOR or TERM=dumb is set. */
export function isInColour(stream: Pick<LineDestination, 'isTTY' | 'hasColors'>): boolean {
  return stream.isTTY === true && stream.hasColors?.() === true;
}

/** Text in this style; unchanged for a stream without colours. */
export function paint(style: TextStyle, text: string, inColour: boolean): string {
  // The caller knows its stream: `styleText` would look at stdout.
  return inColour ? styleText(style, text, { validateStream: false }) : text;
}
