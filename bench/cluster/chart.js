// Draws results.json, as `npm run bench:cluster -- --save` leaves it, for the README: `node bench/cluster/chart.js`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CHART = fileURLToPath(new URL('../../docs/images/broker-cluster.svg', import.meta.url));
const TOP = 34;
const LINE = 17;
const LABELS = 265;
const COLUMN = 255;

/** @typedef {{ isRight: boolean, text: string }} Cell */
/** @type {{ failures: Record<string, Record<string, Cell>> }} */
const { failures } = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'));
const columns = Object.keys(Object.values(failures)[0] ?? {});
const width = LABELS + columns.length * COLUMN;

let y = TOP;
const rows = Object.entries(failures).map(([name, cells]) => {
  const lines = columns.map((column) => wrapped(cells[column]));
  const top = y;
  y += Math.max(...lines.map(({ length }) => length)) * LINE + 10;
  const texts = lines.map((each, index) => {
    const isRight = cells[columns[index] ?? '']?.isRight ?? false;
    return each.map((line, at) =>
      text(LABELS + index * COLUMN, top + at * LINE, line, isRight ? 'right' : 'wrong'),
    );
  });
  return [text(0, top, name, 'label'), ...texts.flat()].join('\n');
});
const titles = columns.map((column, index) => text(LABELS + index * COLUMN, 0, column, 'label'));
// Colors that are read on white and on black.
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="13" fill="#808080">
  <style>.right { fill: #2f81f7 } .wrong { fill: #d1603d } .label { font-weight: bold }</style>
${[...titles, ...rows].join('\n')}
</svg>
`;
writeFileSync(CHART, svg);
console.log(`${CHART} drawn`);

/** A line for each thing that was seen. @param {Cell | undefined} cell */
function wrapped(cell) {
  return (cell?.text ?? '').split('; ');
}

/**
 * @param {number} x
 * @param {number} top
 * @param {string} content
 * @param {string} kind
 */
function text(x, top, content, kind) {
  return `  <text class="${kind}" x="${x}" y="${top + LINE}">${content}</text>`;
}
