// Bounds of a broker cluster under load, with real processes. Ends with an error if one does not hold.
// `npm run soak:cluster -- --part restart --clients 1000`, `npm run soak:cluster -- --part churn --minutes 10 --seed 1`
import { parseArgs } from 'node:util';
import { churn } from './churn.js';
import { rollingRestart } from './rolling-restart.js';

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    clients: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    perSecond: { type: 'string', default: '300' },
    minutes: { type: 'string', default: '10' },
  },
});

/** Figures that have to be 0. */
const VIOLATIONS = /^(?:lost|twice|announcedAsGone|after\w+Wrong)/;

/** @type {Record<string, () => Promise<Record<string, unknown>>>} */
const PARTS = {
  restart: () => rollingRestart({ clients: Number(values.clients) }),
  churn: () =>
    churn({
      seed: Number(values.seed),
      perSecond: Number(values.perSecond),
      minutes: Number(values.minutes),
    }),
};

let hasFailed = false;
for (const [name, run] of Object.entries(PARTS)) {
  if (values.part !== undefined && values.part !== name) continue;
  console.log(name);
  for (const [key, value] of Object.entries(await run())) {
    const isViolated = VIOLATIONS.test(key) && value !== 0;
    console.log(`  ${key}: ${JSON.stringify(value)}${isViolated ? ' (should be 0)' : ''}`);
    hasFailed ||= isViolated;
  }
}
process.exit(hasFailed ? 1 : 0);
