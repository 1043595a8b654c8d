// Compares the gateway's parser with that of node:http: `npm run fuzz -- --inputs 1000000 --seed 7`. It runs
// what was built. What they disagree on is printed as it belongs into test/fuzz/corpus.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from '../test/fuzz/compare.js';
import { makeInput } from '../test/fuzz/inputs.js';
import { randomFrom } from '../test/simulation/random.js';

const CORPUS = join(import.meta.dirname, '../test/fuzz/corpus.json');
const MOST_SHOWN = 20;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    /** Adds one input of each kind that the corpus has none of. */
    keep: { type: 'boolean', default: false },
  },
});
const random = randomFrom(Number(values.seed));
const begun = performance.now();

/** @type {import('../test/fuzz/compare.js').Input[]} */
const corpus = JSON.parse(readFileSync(CORPUS, 'utf8'));
const known = new Set(corpus.map((input) => `${input.kind}|${compare(input, []).signature}`));
let disagreements = 0;
const inputs = Number(values.inputs);
for (let count = 0; count < inputs; count++) {
  const input = makeInput(random);
  const { disagreement, signature } = compare(input, [Math.floor(random() * input.text.length)]);
  const kind = `${input.kind}|${signature}`;
  if (!known.has(kind)) {
    known.add(kind);
    corpus.push(input);
  }
  if (disagreement === undefined) continue;
  disagreements++;
  if (disagreements <= MOST_SHOWN) console.log(`${disagreement}\n  ${JSON.stringify(input)}`);
}
if (values.keep) {
  writeFileSync(CORPUS, `[\n${corpus.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`);
}
const seconds = Math.round((performance.now() - begun) / 1000);
console.log(
  `${inputs} inputs of seed ${values.seed} in ${seconds} s, ${known.size} kinds, ${disagreements} disagreements`,
);
process.exitCode = disagreements === 0 ? 0 : 1;
