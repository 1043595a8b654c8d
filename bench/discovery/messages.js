// What a deployment costs in messages, counted by the broker while it runs, beside the formula of
// `rollcall budget`. Clocks of real processes cannot be wound on, so a day is put together: of the five minutes
// after which all that recurs has recurred, and of rollouts.
import { setTimeout as delay } from 'node:timers/promises';
import { budgetOf } from '@rollcall/protocol';
import { answer, APP_ENV, Parts } from './parts.js';
import { row } from './report.js';

const MINUTES_5 = 300_000;
const DAY_MS = 86_400_000;
/** Of a day, and what it may cost at most. */
const ROLLOUTS = 20;
const BOUND = 50_000;

/** @param {{ instances: number, gateways: number, rollouts: number, settleMs: number, idleMs: number }} sizes */
export async function messages({ instances, gateways, rollouts, settleMs, idleMs }) {
  console.log(
    `messages of ${instances} instances and ${gateways} gateways: counted, by formula, ratio`,
  );
  const parts = new Parts();
  try {
    const { part: broker, ready } = await parts.start('counting-broker.js');
    const { ready: upstream } = await parts.start('upstream.js');
    const { part: deployment } = await parts.start('deployment.js', {
      ...APP_ENV,
      PUSHER_HOST: '127.0.0.1',
      PUSHER_PORT: String(ready.port),
      UPSTREAM: String(upstream.port),
      INSTANCES: String(instances),
    });
    /** Has it done, and resolves to what that cost. @param {string} command */
    async function cost(command) {
      const done = answer(deployment);
      deployment.send(command);
      const { routable } = await done;
      // What it causes is over by then.
      await delay(settleMs);
      return { counts: await counted(broker), routable };
    }

    for (let index = 0; index < gateways; index++) await cost('gateway');
    await cost('rollout');

    const size = { presence: instances, lease: 0, ttl: 300, gateways, reconnects: 0 };
    /** @param {{ rollouts: number, gatewayRestarts: number }} events */
    const formula = (events) => budgetOf({ ...size, ...events });
    /** @param {{ rollouts: number, gatewayRestarts: number }} events */
    function eventsAlone(events) {
      return formula(events).messages - formula({ rollouts: 0, gatewayRestarts: 0 }).messages;
    }

    // Before any exit: those of the last ten minutes would be told too.
    const restart = sum((await cost('restart')).counts);
    print(
      'a gateway restart',
      restart,
      eventsAlone({ rollouts: 0, gatewayRestarts: 1 }) / gateways,
    );

    let rollout = 0;
    for (let index = 0; index < rollouts; index++) {
      const { counts, routable } = await cost('rollout');
      if (routable.some((/** @type {number} */ each) => each !== instances))
        throw new Error(`after a rollout the gateways route to ${routable.join(', ')} instances`);
      rollout += sum(counts) / rollouts;
      if (index === rollouts - 1) detail(counts);
    }
    print('a rollout', rollout, eventsAlone({ rollouts: 1, gatewayRestarts: 0 }));
    await delay(idleMs);
    const idle = await counted(broker);
    detail(idle);
    const idleDay = formula({ rollouts: 0, gatewayRestarts: 0 }).messages;
    print(`${idleMs / 1000} s without events`, sum(idle), (idleDay * idleMs) / DAY_MS);

    const day = (sum(idle) * DAY_MS) / idleMs + rollout * ROLLOUTS;
    const byFormula = formula({ rollouts: ROLLOUTS, gatewayRestarts: 0 }).messages;
    print(`a day with ${ROLLOUTS} rollouts`, day, byFormula);
    if (idleMs === MINUTES_5)
      row('', { 'may cost': BOUND, 'takes of that': (day / BOUND).toFixed(2) });
  } finally {
    await parts.end();
  }
}

/**
 * What the broker has counted since it was asked last.
 * @param {import('./parts.js').ChildProcess} broker
 * @returns {Promise<Record<string, number>>}
 */
async function counted(broker) {
  const told = answer(broker);
  broker.send({});
  const { counts } = await told;
  return counts;
}

/** @param {Record<string, number>} counts */
function sum(counts) {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

/** @param {Record<string, number>} counts */
function detail(counts) {
  const parts = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [what, count] of parts) row('', { [what]: count });
}

/** @param {string} name @param {number} counted @param {number} formula */
function print(name, counted, formula) {
  const ratio = (counted / formula).toFixed(2);
  row(name, { counted: Math.round(counted), formula: Math.round(formula), ratio });
}
