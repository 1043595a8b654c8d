// What is done to two nodes and their Redis, and what is seen of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { Observation } from './observation.js';
import { Parts } from './parts.js';
import { Redis, RedisSentinels } from './redis.js';

/** @typedef {import('./nodes.js').Product} Product */
/** @typedef {import('./observation.js').Seen} Seen */

const GONE = ['bob', 'cem'];
/** Time-outs of the peers are 30 s. */
const NEVER_MS = 40_000;
/** How long it is watched when the fault is over. */
const SETTLED_MS = 8_000;

/** @type {Record<string, (product: Product) => Promise<Seen>>} */
export const FAILURES = {
  'a node is killed': withRedis(async (seen) => {
    const [one, other] = seen.nodes;
    seen.fault();
    await other.end('SIGKILL');
    await sleep(1_000);
    await seen.newcomer('dan', one);
    await seen.untilGone(GONE, NEVER_MS);
    await sleep(1_000);
    return seen.end(GONE);
  }),

  'a node hangs': withRedis(async (seen) => {
    const [one, other] = seen.nodes;
    seen.fault();
    other.hang();
    await sleep(1_000);
    await seen.newcomer('dan', one);
    await seen.untilGone(GONE, NEVER_MS);
    await sleep(1_000);
    return seen.end(GONE);
  }),

  'a node that hung goes on': withRedis(async (seen) => {
    const [, other] = seen.nodes;
    other.hang();
    await sleep(10_000);
    seen.fault();
    other.resume();
    await sleep(SETTLED_MS);
    await seen.newcomer('dan', other);
    return seen.end([], GONE);
  }),

  'a killed node is started again': withRedis(async (seen) => {
    const [one, other] = seen.nodes;
    await other.end('SIGKILL');
    await sleep(5_000);
    for (const id of GONE) await seen.join(id, one);
    await sleep(1_000);
    await other.start();
    seen.fault();
    await seen.newcomer('dan', other);
    await sleep(SETTLED_MS);
    return seen.end([], GONE);
  }),

  'Redis is killed and started again': withRedis(async (seen, redis) => {
    const [one] = seen.nodes;
    seen.fault();
    await redis.kill();
    await sleep(2_000);
    await redis.start();
    await seen.newcomer('dan', one);
    await sleep(SETTLED_MS);
    return seen.end();
  }),

  'Redis is failed over': async (product) => {
    const parts = new Parts();
    const sentinels = new RedisSentinels(parts);
    return observe(product, parts, sentinels, async (seen) => {
      const [one] = seen.nodes;
      seen.fault();
      await sentinels.kill();
      await sleep(SETTLED_MS);
      await seen.newcomer('dan', one);
      await sleep(SETTLED_MS);
      return seen.end();
    });
  },

  'Redis is flushed': withRedis(async (seen, redis) => {
    const [, other] = seen.nodes;
    seen.fault();
    await redis.flush();
    await seen.newcomer('dan', other);
    await sleep(SETTLED_MS);
    return seen.end();
  }),

  'both nodes are replaced': withRedis(async (seen) => {
    for (const client of seen.clients) client.moveBetween(seen.nodes);
    seen.fault();
    for (const node of seen.nodes.toReversed()) {
      await node.end('SIGTERM');
      await node.start();
      // Until all clients are back.
      await sleep(4_000);
    }
    await seen.newcomer('dan', seen.nodes[0]);
    await sleep(SETTLED_MS / 2);
    return seen.end();
  }),
};

/**
 * @param {(seen: Observation, redis: Redis) => Promise<Seen>} work
 * @returns {(product: Product) => Promise<Seen>}
 */
function withRedis(work) {
  return async (product) => {
    const parts = new Parts();
    const redis = new Redis(parts);
    return observe(product, parts, redis, (seen) => work(seen, redis));
  };
}

/**
 * @param {Product} product
 * @param {Parts} parts
 * @param {Redis | RedisSentinels} redis
 * @param {(seen: Observation) => Promise<Seen>} work
 */
async function observe(product, parts, redis, work) {
  try {
    await redis.start();
    const seen = new Observation(product, redis.address, parts);
    await seen.begin();
    return await work(seen);
  } finally {
    await parts.end();
  }
}
