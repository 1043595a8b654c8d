// Moderate load for a long time: events to many subscribers while clients come and go. Ends with an
// error if an event was lost or memory has not levelled off. `npm run soak:broker -- --minutes 60`.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Node } from '../cluster/nodes.js';
import { Parts } from '../cluster/parts.js';
import { Publisher, signedTrigger } from './publisher.js';
import { Subscriber } from './subscriber.js';

const SUBSCRIBERS = 200;
const EVENTS_PER_SECOND = 50;
/** Memory may grow by so much from the second tenth of the time to the last. */
const GROWTH = 1.2;
/** In less time than this it says nothing: the heap has not found its size. */
const MIN_MINUTES_FOR_MEMORY = 5;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const milliseconds = Number(values.minutes) * 60_000;

const parts = new Parts();
const server = new Node('Rollcall', undefined, parts);
await server.start();
const subscribers = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => subscribed()));
const publisher = new Publisher(server);
/** @type {number[]} */
const memory = [];
const start = performance.now();
let published = 0;
let churned = 0;
while (performance.now() - start < milliseconds) {
  // Signed now: a signature holds for ten minutes only.
  await publisher.send(signedTrigger(server, 'soak', published));
  published += 1;
  churned += await comeAndGo();
  if (published % EVENTS_PER_SECOND === 0) memory.push(residentMegabytes(server.pid));
  await sleep(Math.max(0, start + (published * 1_000) / EVENTS_PER_SECOND - performance.now()));
}
const behind = () => subscribers.filter(({ heard }) => heard.count !== published).length;
for (let wait = 0; wait < 300 && behind() > 0; wait++) await sleep(100);
const lost = behind();
const tenth = Math.max(1, Math.floor(memory.length / 10));
const [early, late] = [mean(memory.slice(tenth, 2 * tenth)), mean(memory.slice(-tenth))];
console.log(
  `${published} events, ${published * SUBSCRIBERS} deliveries, ${churned} clients came and went, ${lost} subscribers missed something`,
);
console.log(`memory ${early.toFixed(1)} MB early, ${late.toFixed(1)} MB late`);
const isLong = Number(values.minutes) >= MIN_MINUTES_FOR_MEMORY;
for (const { subscriber } of subscribers) subscriber.close();
publisher.close();
await parts.end();
process.exit(lost > 0 || (isLong && late > early * GROWTH) ? 1 : 0);

async function subscribed() {
  const subscriber = new Subscriber(server);
  const heard = { count: 0 };
  await subscriber.greeted();
  await subscriber.subscribe('soak', (n) => {
    // In order, so that what is lost, doubled or swapped shows at once.
    if (n !== heard.count) throw new Error(`event ${n} came when ${heard.count} was next`);
    heard.count += 1;
  });
  return { subscriber, heard };
}

/** Every fifth time one more client, with a channel of its own. */
async function comeAndGo() {
  if (published % 5 !== 0) return 0;
  const client = new Subscriber(server);
  await client.greeted();
  await client.subscribe(`soak-${published}`, () => {});
  client.close();
  return 1;
}

/** @param {readonly number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** @param {number} pid */
function residentMegabytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
