import { paint } from '@rollcall/runtime/log';
import type { TextStyle } from '@rollcall/runtime/log';

/** A piece of a line, in a style of its own or as it is. */
export type Span = string | { readonly text: string; readonly style: TextStyle };
export type Line = readonly Span[];

export function textOf(span: Span): string {
  return typeof span === 'string' ? span : span.text;
}

/** A piece with another text, in the same style. */
export function withText(span: Span, text: string): Span {
  return typeof span === 'string' ? text : { ...span, text };
}

export function lineText(line: Line, inColour: boolean): string {
  return line
    .map((span) => (typeof span === 'string' ? span : paint(span.style, span.text, inColour)))
    .join('');
}

/** Lines as the text of one output. */
export function linesText(lines: readonly Line[], inColour: boolean): string {
  return lines.map((line) => lineText(line, inColour)).join('\n');
}

/** The start of a line, as much as fits in this many columns. */
export function clip(line: Line, columns: number): Line {
  let left = columns;
  return line.map((span) => {
    // Only printable ASCII is as wide as it is long, and the channel may send any text.
    const text = textOf(span)
      .replace(/[^\x20-\x7e]/g, '?')
      .slice(0, left);
    left -= text.length;
    return withText(span, text);
  });
}

/** Text as lines that fit, broken between words, all but the first indented. */
export function wrap(text: string, columns: number, indent: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    const longer = last === '' ? word : `${last} ${word}`;
    if (longer.length <= columns || last.trim() === '') lines[lines.length - 1] = longer;
    else lines.push(`${' '.repeat(indent)}${word}`);
  }
  return lines;
}
