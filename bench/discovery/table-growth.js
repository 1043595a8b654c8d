// Prints table-cost.js for several sizes side by side.
import { Parts } from './parts.js';
import { row } from './report.js';

/** @param {{ sizes: readonly number[], changes: number }} sizes */
export async function tableGrowth({ sizes, changes }) {
  console.log(`table: memory and cost at ${sizes.join(', ')} instances, and the last to the first`);
  const parts = new Parts();
  try {
    /** @type {any[]} */
    const all = [];
    for (const size of sizes) {
      const env = { INSTANCES: String(size), CHANGES: String(changes) };
      all.push((await parts.start('table-cost.js', env, ['--expose-gc'])).ready);
    }
    for (const subject of Object.keys(all[0])) {
      for (const what of Object.keys(all[0][subject])) {
        const values = all.map((figures) => Number(figures[subject][what]));
        const ratio = Number(values.at(-1)) / (values[0] ?? 0);
        const shown = values.map((value) => value.toFixed(value < 100 ? 2 : 0)).join(' / ');
        row(`${subject}: ${what}`, { '': shown, ratio: ratio.toFixed(2) });
      }
    }
  } finally {
    await parts.end();
  }
}
