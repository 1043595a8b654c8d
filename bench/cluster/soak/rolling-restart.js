// Replaces each node of a cluster in turn while members hear events: SIGTERM, a new node, and the next once that is ready.
import { setTimeout as sleep } from 'node:timers/promises';
import { Balancer } from './balancer.js';
import { Member } from './member.js';
import { APP, startNode, startRedis } from './nodes.js';
import { NumberPublisher } from './publisher.js';

const NODES = 3;
/** A presence channel has at most 100. */
const MEMBERS_OF_CHANNEL = 50;
const EVENTS_PER_SECOND = 40;
/** Between the acceptance of an event and the moment at which a node is told to close, in which it may be on its way. */
const ON_ITS_WAY_MS = 1_000;
/** As long as a node that has closed is remembered, and a little more. */
const REST_MS = 4_000;

/** @param {{ clients: number }} options */
export async function rollingRestart({ clients }) {
  const redis = await startRedis();
  const balancer = await Balancer.start();
  const nodes = [];
  for (let index = 0; index < NODES; index++) nodes.push(await addNode(redis.bus, balancer));

  const members = await join(clients, balancer);
  const channels = [...new Set(members.flatMap((member) => member.channels))];
  // Until the last of them were announced to the others.
  await sleep(REST_MS / 2);
  for (const member of members) member.added.length = 0;
  const publisher = new NumberPublisher(
    { ...APP, ...balancer.address },
    channels,
    EVENTS_PER_SECOND,
  );
  await sleep(REST_MS / 2);
  /** When nodes were told to close. @type {number[]} */
  const closings = [];
  for (const [index, node] of nodes.entries()) {
    closings.push(performance.now());
    await node.end('SIGTERM');
    balancer.remove(node);
    nodes[index] = await addNode(redis.bus, balancer);
    await Promise.all(members.map((member) => member.subscribed()));
    await sleep(REST_MS);
  }
  await publisher.stop();
  await sleep(ON_ITS_WAY_MS);
  const { lost, twice } = compare(members, publisher, closings);
  // Before they leave themselves.
  const announcedAsGone = members.flatMap(({ removed }) => removed).length;
  const announcedAsNew = members.flatMap(({ added }) => added).length;
  for (const member of members) member.close();
  balancer.close();
  await Promise.all(nodes.map((node) => node.end('SIGKILL')));
  redis.end();
  const gaps = members.flatMap((member) => member.gaps).toSorted((one, other) => one - other);
  return {
    clients,
    moves: gaps.length,
    closeCodes: [...new Set(members.flatMap((member) => member.closeCodes))],
    medianGapMs: Math.round(gaps[Math.floor(gaps.length / 2)] ?? 0),
    maxGapMs: Math.round(gaps.at(-1) ?? 0),
    accepted: publisher.accepted.length,
    refused: publisher.refused,
    deliveries: members.reduce((sum, member) => sum + deliveriesOf(member), 0),
    lost,
    twice,
    announcedAsGone,
    announcedAsNew,
  };
}

/**
 * @param {string} bus
 * @param {Balancer} balancer
 */
async function addNode(bus, balancer) {
  const node = await startNode(bus);
  balancer.add(node);
  await balancer.isUsed(node);
  return node;
}

/**
 * @param {number} count
 * @param {Balancer} balancer
 */
async function join(count, balancer) {
  const members = Array.from({ length: count }, (_, index) => {
    const channel = `presence-${Math.floor(index / MEMBERS_OF_CHANNEL)}`;
    return new Member(() => balancer.address, `user-${index}`, [channel]);
  });
  await Promise.all(members.map((member) => member.subscribed()));
  return members;
}

/** @param {Member} member */
function deliveriesOf({ sessions }) {
  return sessions.reduce((sum, { events }) => sum + events.length, 0);
}

/**
 * Every member that was subscribed all the time has received an accepted event, once.
 * @param {readonly Member[]} members
 * @param {NumberPublisher} publisher
 * @param {readonly number[]} closings
 */
function compare(members, { accepted }, closings) {
  let lost = 0;
  let twice = 0;
  for (const { sessions, channels } of members) {
    const expected = accepted.filter(({ channel }) => channels.includes(channel));
    for (const { from, to, events } of sessions) {
      const heard = new Set(events);
      const end = closings.findLast((at) => at < to && to < Number.POSITIVE_INFINITY) ?? to;
      twice += events.length - heard.size;
      for (const { number, sentAt, acceptedAt } of expected) {
        const wasThere = sentAt > from && acceptedAt + ON_ITS_WAY_MS < end;
        if (wasThere && !heard.has(number)) lost += 1;
      }
    }
  }
  return { lost, twice };
}
