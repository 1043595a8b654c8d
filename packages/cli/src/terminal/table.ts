import { textOf, withText } from './line.ts';
import type { Line, Span } from './line.ts';

/** Columns of text, each as wide as its widest cell. The first line has their titles. A column without text is left out. */
export function tableOf(titles: readonly string[], rows: readonly Line[]): Line[] {
  const isShown = titles.map(
    (_, column) => rows.length === 0 || rows.some((row) => textOf(row[column] ?? '') !== ''),
  );
  const head = titles.map((text): Span => ({ text, style: 'bold' }));
  const table = [head, ...rows].map((row) => row.filter((_, column) => isShown[column]));
  const widths = isShown
    .filter(Boolean)
    .map((_, column) => Math.max(...table.map((row) => textOf(row[column] ?? '').length)));
  return table.map((row) => row.map((cell, column) => padded(cell, widths, column)));
}

/** Nothing follows the last cell. */
function padded(cell: Span, widths: readonly number[], column: number): Span {
  const width = widths[column] ?? 0;
  return column === widths.length - 1 ? cell : withText(cell, `${textOf(cell).padEnd(width)}  `);
}
