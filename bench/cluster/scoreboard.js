// A scoreboard of clusters: two nodes of Rollcall, soketi and sockudo each, joined by one Redis, while something fails.
// `npm run bench:cluster -- --only killed`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { show } from '../gateway/report.js';
import { FAILURES } from './failures.js';
import { figures } from './figures.js';
import { products } from './nodes.js';
import { verdict } from './verdict.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    products: { type: 'string', default: 'Rollcall,soketi,sockudo' },
    verbose: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});

const wanted = /** @type {import('./nodes.js').Product[]} */ (values.products.split(','));
const all = products(wanted);
/** @type {{ failures: Record<string, Record<string, { isRight: boolean, text: string }>>, figures: Record<string, Record<string, number>> }} */
const results = { failures: {}, figures: {} };

for (const [name, failure] of Object.entries(FAILURES)) {
  if (!name.includes(values.only)) continue;
  console.log(`\n${name}`);
  // At the same time, because most of it is waiting.
  const rows = await Promise.all(
    all.map(async (product) => {
      const seen = await failure(product);
      return { product, seen, ...verdict(seen) };
    }),
  );
  for (const { product, text, seen } of rows) {
    console.log(`  ${product.padEnd(9)} ${text}`);
    if (values.verbose) console.log(seen);
  }
  results.failures[name] = Object.fromEntries(
    rows.map(({ product, isRight, text }) => [product, { isRight, text }]),
  );
}
show(
  ['', ...all],
  Object.entries(results.failures).map(([name, row]) => [
    name,
    ...all.map((product) => row[product]?.text ?? ''),
  ]),
);
if ('figures'.includes(values.only)) {
  results.figures = await figures(all, Number(values.rounds));
  const names = Object.keys(Object.values(results.figures)[0] ?? {});
  const rows = names.map((name) => [
    name,
    ...all.map((product) => results.figures[product]?.[name] ?? Number.NaN),
  ]);
  show(['', ...all], rows);
}
if (values.save) {
  const file = new URL('results.json', import.meta.url);
  /** @type {typeof results} */
  const saved = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : results;
  // With --only, the rest stays as it was.
  const merged = {
    failures: { ...saved.failures, ...results.failures },
    figures: { ...saved.figures, ...results.figures },
  };
  writeFileSync(file, `${JSON.stringify(merged, undefined, 2)}\n`);
}
