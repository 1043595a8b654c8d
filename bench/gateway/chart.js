// Draws results.json, as `npm run bench:gateway -- --save` leaves it, for the README: `node bench/gateway/chart.js`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { script } from './rig.js';

const CHART = fileURLToPath(new URL('../../docs/images/gateway-speed.svg', import.meta.url));
const ROW = 24;
const LABELS = 250;
const FULL = 330;
const TOP = 34;

/** @type {{ saturation: { name: string, byCost: number }[] }} */
const { saturation } = JSON.parse(readFileSync(script('results.json'), 'utf8'));
const NAMES = new Map([
  ['relay', 'a relay that parses nothing'],
  ['fastify-http-proxy', '@fastify/http-proxy'],
  ['redbird-keep-alive', 'redbird, keep-alive'],
  ['rollcall', 'Rollcall'],
  ['haproxy', 'HAProxy'],
  ['caddy', 'Caddy'],
]);
const rows = saturation.toSorted((a, b) => b.byCost - a.byCost);
const height = TOP + rows.length * ROW + 8;
const bars = rows.map(({ name, byCost }, index) => {
  const y = TOP + index * ROW;
  const width = Math.round(byCost * FULL);
  const kind = name === 'rollcall' ? 'ours' : 'other';
  return `  <text x="${LABELS - 10}" y="${y + 14}" text-anchor="end">${NAMES.get(name) ?? name}</text>
  <rect class="${kind}" x="${LABELS}" y="${y + 2}" width="${width}" height="${ROW - 8}"/>
  <text x="${LABELS + width + 6}" y="${y + 14}">${byCost.toFixed(2)}</text>`;
});
// A gray that is read on white and on black.
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${height}" font-family="sans-serif" font-size="13" fill="#808080">
  <style>.ours { fill: #2f81f7 } .other { fill: #9aa0a6 }</style>
  <text x="${LABELS}" y="18">Requests for the same time of one core; nginx = 1</text>
${bars.join('\n')}
</svg>
`;
writeFileSync(CHART, svg);
console.log(`${CHART} drawn`);
