// How figures are summed up and printed.

/** @param {readonly number[]} list */
export function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

/**
 * A table in Markdown.
 * @param {readonly string[]} titles
 * @param {readonly (readonly (string | number)[])[]} rows numbers with three digits that count
 */
export function show(titles, rows) {
  console.log(`\n| ${titles.join(' | ')} |\n|${'---|'.repeat(titles.length)}`);
  for (const row of rows) showRow(row);
}

/** One more row of the table before. @param {readonly (string | number)[]} row */
export function showRow(row) {
  console.log(
    `| ${row.map((cell) => (typeof cell === 'number' ? short(cell) : cell)).join(' | ')} |`,
  );
}

/** @param {number} value */
function short(value) {
  if (Number.isNaN(value)) return '';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
