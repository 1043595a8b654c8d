import { textOf, withText } from './line.ts';
import type { Line, Span } from './line.ts';

/** Columns of text, each as wide as its widest cell. The first line has their titles. */
export function tableOf(titles: readonly string[], rows: readonly Line[]): Line[] {
  const head = titles.map((text): Span => ({ text, style: 'bold' }));
  const table = [head, ...rows];
  const widths = titles.map((_, column) =>
    Math.max(...table.map((row) => textOf(row[column] ?? '').length)),
  );
  return table.map((row) => row.map((cell, column) => padded(cell, widths, column)));
}

/** Nothing follows the last cell. */
function padded(cell: Span, widths: readonly number[], column: number): Span {
  const width = widths[column] ?? 0;
  return column === widths.length - 1 ? cell : withText(cell, `${textOf(cell).padEnd(width)}  `);
}
