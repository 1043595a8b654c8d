// How fast two nodes are: an event from one to the other, and what a trigger costs them.
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { Publisher, signedTrigger } from '../broker/publisher.js';
import { Audience, cpuMicroseconds } from '../broker/scenarios.js';
import { Subscriber } from '../broker/subscriber.js';
import { median } from '../gateway/report.js';
import { Node } from './nodes.js';
import { Parts } from './parts.js';
import { encode, Redis } from './redis.js';

/** @typedef {import('./nodes.js').Product} Product */
/** @typedef {Record<string, number>} Figures */

const EVENTS = 1_000;
const TRIGGERS = 8_000;
/** Publishers of each node: a node that is less busy writes less at a time. */
const CONCURRENCY = 32;
const AUDIENCE = 10;

/**
 * Medians of rounds, in which all products take turns. The first round warms up.
 * @param {readonly Product[]} products
 * @param {number} rounds
 */
export async function figures(products, rounds) {
  const parts = new Parts();
  try {
    const redis = new Redis(parts);
    await redis.start();
    const { address } = redis;
    /** @type {{ product: Product, nodes: Node[], alone: Node, samples: Figures[] }[]} */
    const all = [];
    for (const product of products) {
      // Each product has a Redis of its own, but only one at a time has work.
      const own = new Redis(parts);
      await own.start();
      const nodes = [1, 2].map(() => new Node(product, own.address, parts));
      const alone = new Node(product, undefined, parts);
      for (const node of [...nodes, alone]) await node.start();
      all.push({ product, nodes, alone, samples: [] });
    }
    for (let round = 0; round <= rounds; round++) {
      for (const { nodes, alone, samples } of all) {
        const sample = await measure(nodes, alone, address.port);
        if (round > 0) samples.push(sample);
      }
    }
    return Object.fromEntries(all.map(({ product, samples }) => [product, medians(samples)]));
  } finally {
    await parts.end();
  }
}

/**
 * @param {readonly Node[]} nodes
 * @param {Node} alone
 * @param {number} redisPort
 * @returns {Promise<Figures>}
 */
async function measure(nodes, alone, redisPort) {
  const [one, other] = /** @type {[Node, Node]} */ (nodes);
  const { engine, across } = await latencies(one, other, redisPort);
  const single = await cost([alone], [[alone], [alone]]);
  const oneOf = await cost([one], [[one], [one]]);
  const onOne = await cost(nodes, [[one], [other]]);
  const onBoth = await cost(nodes, [nodes, nodes]);
  return {
    'Redis p50 ms': engine.p50,
    'Redis p99 ms': engine.p99,
    'across nodes p50 ms': across.p50,
    'across nodes p99 ms': across.p99,
    'p50, relative to Redis': across.p50 / engine.p50,
    'p99, relative to Redis': across.p99 / engine.p99,
    'us/trigger, one node without Redis': single,
    'us/trigger, one node with Redis': oneOf,
    'us/trigger, clients of a channel on one of two nodes': onOne,
    'us/trigger, clients of a channel on both': onBoth,
    'triggers/s of two nodes to one, clients of a channel on one': oneOf / onOne,
    'triggers/s of two nodes to one, clients of a channel on both': oneOf / onBoth,
  };
}

/**
 * Milliseconds from a trigger at one node until a client of another has it; and, in turns with it, from PUBLISH by one
 * connection to Redis until another has the message.
 * @param {Node} from
 * @param {Node} to
 * @param {number} redisPort
 */
async function latencies(from, to, redisPort) {
  const arrivals = new EventEmitter();
  const subscriber = new Subscriber(to);
  await subscriber.greeted();
  await subscriber.subscribe('latency', (n) => arrivals.emit('event', n));
  const publisher = new Publisher(from);
  const receiver = connect({ port: redisPort, host: '127.0.0.1', noDelay: true });
  const sender = connect({ port: redisPort, host: '127.0.0.1', noDelay: true });
  receiver.write(encode(['SUBSCRIBE', 'latency']));
  await once(receiver, 'data');
  receiver.on('data', () => arrivals.emit('message'));
  // So that replies do not fill its buffer.
  sender.resume();
  const message = encode(['PUBLISH', 'latency', 'x'.repeat(200)]);
  /** @type {{ engine: number[], across: number[] }} */
  const all = { engine: [], across: [] };
  for (let n = 0; n < EVENTS; n++) {
    const request = signedTrigger(from, 'latency', n);
    const published = performance.now();
    const received = once(arrivals, 'message');
    sender.write(message);
    await received;
    const triggered = performance.now();
    all.engine.push(triggered - published);
    const arrived = once(arrivals, 'event');
    const answered = publisher.send(request);
    const [which] = await arrived;
    all.across.push(performance.now() - triggered);
    if (which !== n) throw new Error(`event ${which} came instead of ${n}`);
    await answered;
  }
  publisher.close();
  subscriber.close();
  receiver.destroy();
  sender.destroy();
  return { engine: quantiles(all.engine), across: quantiles(all.across) };
}

/**
 * Microseconds of CPU time that all triggers take at a node, for each of them. Each node receives as many of them.
 * @param {readonly Node[]} nodes
 * @param {readonly (readonly Node[])[]} channels of each, the nodes among which its ten subscribers are divided
 */
async function cost(nodes, channels) {
  const events = TRIGGERS / channels.length;
  const audiences = await Promise.all(
    channels.flatMap((at, index) =>
      at.map((node) => Audience.gather(node, `cost-${index}`, AUDIENCE / at.length, events)),
    ),
  );
  const shares = nodes.map((node, share) => ({
    publishers: Array.from({ length: CONCURRENCY }, () => new Publisher(node)),
    requests: Array.from({ length: events / nodes.length }, (_, n) =>
      channels.map((_at, index) => signedTrigger(node, `cost-${index}`, n * nodes.length + share)),
    ).flat(),
  }));
  const before = nodes.map(({ pid }) => cpuMicroseconds(pid));
  await Promise.all(shares.map(({ publishers, requests }) => sendAll(publishers, requests)));
  await Promise.all(audiences.map(({ complete }) => complete));
  const used = nodes.map(({ pid }, index) => cpuMicroseconds(pid) - (before[index] ?? 0));
  for (const { publishers } of shares) for (const publisher of publishers) publisher.close();
  for (const audience of audiences) await audience.leave();
  return used.reduce((sum, each) => sum + each, 0) / nodes.length / TRIGGERS;
}

/**
 * @param {readonly Publisher[]} publishers
 * @param {readonly Buffer[]} requests
 */
async function sendAll(publishers, requests) {
  const rest = requests.values();
  const work = publishers.map(async (publisher) => {
    for (const request of rest) await publisher.send(request);
  });
  await Promise.all(work);
}

/** @param {number[]} all */
function quantiles(all) {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** @param {readonly Figures[]} samples */
function medians(samples) {
  return Object.fromEntries(
    Object.keys(samples[0] ?? {}).map((name) => [
      name,
      median(samples.map((sample) => sample[name] ?? Number.NaN)),
    ]),
  );
}
