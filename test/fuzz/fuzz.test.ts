import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../simulation/random.js';
import { compare } from './compare.js';
import type { Input } from './compare.js';
import { makeInput } from './inputs.js';

const CORPUS = JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8')) as Input[];
const SEED = 20_250;
const INPUTS = 20_000;

describe('node:http accepts every input that the proxy’s parser accepts, with the same meaning', () => {
  it('for every input of the corpus, split at every byte', () => {
    for (const input of CORPUS) {
      const everywhere = Array.from({ length: input.text.length }, (_, at) => at);
      const { disagreement } = compare(input, everywhere);
      expect(disagreement, JSON.stringify(input)).toBeUndefined();
    }
  });

  it(`for ${INPUTS} inputs of seed ${SEED}`, () => {
    const random = randomFrom(SEED);
    for (let count = 0; count < INPUTS; count++) {
      const input = makeInput(random);
      const { disagreement } = compare(input, [Math.floor(random() * input.text.length)]);
      expect(disagreement, JSON.stringify(input)).toBeUndefined();
    }
  });
});
