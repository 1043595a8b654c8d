// Draws results.json, as `npm run bench:gateway -- --save` leaves it, for the README: `node bench/gateway/chart.js`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { script } from './rig.js';

const CHART = fileURLToPath(new URL('../../docs/images/gateway-speed.svg', import.meta.url));
const ROW = 22;
const LABELS = 260;
const WIDTH = 640;
const SPACE = WIDTH - LABELS - 60;
const TITLE = 34;
const NAMES = new Map([
  ['relay', 'a relay that parses nothing'],
  ['fastify-http-proxy', '@fastify/http-proxy'],
  ['redbird-keep-alive', 'redbird, keep-alive'],
  ['haproxy', 'HAProxy'],
  ['caddy', 'Caddy'],
]);

/** @typedef {{ name: string, value: number, aim?: number | undefined }} Bar */
/** @type {{ works: { name: string, ofNginx: number, aim: number }[], peers: { name: string, ours: number }[] }} */
const { works, peers } = JSON.parse(readFileSync(script('results.json'), 'utf8'));
const groups = [
  {
    title: 'Work done in the same time of one core; nginx = 1. The line is what is aimed at.',
    bars: works.map(({ name, ofNginx, aim }) => ({ name, value: ofNginx, aim })),
  },
  {
    title: 'Times as many requests with the same head as these serve',
    bars: peers
      .filter(({ name }) => name !== 'rollcall')
      .toSorted((a, b) => a.ours - b.ours)
      .map(({ name, ours }) => ({ name: NAMES.get(name) ?? name, value: ours })),
  },
];

let top = 0;
const drawn = groups.map(({ title, bars }) => {
  const lines = group(title, bars, top);
  top += TITLE + bars.length * ROW + 12;
  return lines;
});
// A gray that is read on white and on black.
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="12" fill="#808080">
  <style>.bar { fill: #2f81f7 } .aim { stroke: #808080; stroke-width: 2 }</style>
${drawn.join('\n')}
</svg>
`;
writeFileSync(CHART, svg);
console.log(`${CHART} drawn`);

/** @param {string} title @param {readonly Bar[]} bars @param {number} y */
function group(title, bars, y) {
  const full = Math.max(1, ...bars.flatMap(({ value, aim = 0 }) => [value, aim]));
  const x = (/** @type {number} */ value) => LABELS + Math.round((value / full) * SPACE);
  const rows = bars.map(({ name, value, aim }, index) => {
    const at = y + TITLE + index * ROW;
    const line = aim === undefined ? '' : `<path class="aim" d="M${x(aim)} ${at - 1}v${ROW - 4}"/>`;
    return `  <text x="${LABELS - 10}" y="${at + 12}" text-anchor="end">${name}</text>
  <rect class="bar" x="${LABELS}" y="${at}" width="${x(value) - LABELS}" height="${ROW - 6}"/>${line}
  <text x="${Math.max(x(value), x(aim ?? 0)) + 6}" y="${at + 12}">${value.toFixed(2)}</text>`;
  });
  return [`  <text x="10" y="${y + 18}" font-weight="bold">${title}</text>`, ...rows].join('\n');
}
