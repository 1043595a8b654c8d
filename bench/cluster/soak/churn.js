// Clients come and go at all nodes of a cluster. At the end, and after one was killed, each node must list exactly the members of that moment.
import { setTimeout as sleep } from 'node:timers/promises';
import Pusher from 'pusher';
import { randomFrom } from '../../../test/simulation/random.js';
import { Member } from './member.js';
import { APP, residentMegabytes, startNode, startRedis } from './nodes.js';

const NODES = 3;
const CHANNELS = 10_000;
const MAX_CHANNELS_OF_CLIENT = 5;
/** How long a client stays, on average. */
const STAY_MS = 10_000;
/** Of clients that leave without a word. */
const LOST_SHARE = 0.2;
const TICK_MS = 20;
/** How long nodes may take to agree, after clients have stopped coming and going. */
const AGREE_MS = 5_000;

/** @param {{ seed: number, perSecond: number, minutes: number }} options */
export async function churn({ seed, perSecond, minutes }) {
  const random = randomFrom(seed);
  const redis = await startRedis();
  const nodes = [];
  for (let index = 0; index < NODES; index++) nodes.push(await startNode(redis.bus));
  const memory = [nodes.map(({ pid }) => residentMegabytes(pid))];
  /** @type {Set<Member>} */
  const present = new Set();
  /** Where each connects. @type {Map<string, import('./nodes.js').Node>} */
  const places = new Map();
  /** By the tick at which they leave. @type {Map<number, Member[]>} */
  const leaving = new Map();
  let came = 0;
  let left = 0;
  const begin = performance.now();
  const ticks = (minutes * 60_000) / TICK_MS;
  for (let tick = 0; tick < ticks; tick++) {
    for (; came < ((tick + 1) * perSecond * TICK_MS) / 1_000; came++) {
      const node = pick(nodes, random);
      const userId = `user-${came}`;
      places.set(userId, node);
      const member = new Member(() => places.get(userId) ?? node, userId, channelsOf(random));
      present.add(member);
      const stay = Math.ceil((-Math.log(1 - random()) * STAY_MS) / TICK_MS);
      leaving.set(tick + stay, [...(leaving.get(tick + stay) ?? []), member]);
    }
    for (const member of leaving.get(tick) ?? []) {
      present.delete(member);
      places.delete(member.userId);
      left += 1;
      member.close(random() > LOST_SHARE);
    }
    leaving.delete(tick);
    await sleep(Math.max(0, begin + (tick + 1) * TICK_MS - performance.now()));
  }
  const seconds = (performance.now() - begin) / 1_000;
  memory.push(nodes.map(({ pid }) => residentMegabytes(pid)));
  await Promise.all([...present].map((member) => member.subscribed()));
  const afterChurn = await differences(nodes, present);

  // Its clients come back all at once, at the others.
  const [killed, ...others] = nodes;
  const moved = [...present].filter((member) => places.get(member.userId) === killed);
  for (const member of moved) places.set(member.userId, pick(others, random));
  for (const member of present) member.removed.length = 0;
  const storm = performance.now();
  await killed?.end('SIGKILL');
  // Until all of them have seen it.
  await sleep(500);
  await Promise.all(moved.map((member) => member.subscribed()));
  const stormMs = Math.round(performance.now() - storm);
  const afterKill = await differences(others, present);
  // Longer than a node is waited for.
  await sleep(AGREE_MS);
  const announcedAsGone = [...present].reduce((sum, { removed }) => sum + removed.length, 0);
  memory.push(others.map(({ pid }) => residentMegabytes(pid)));
  for (const member of present) member.close();
  await Promise.all(others.map((node) => node.end('SIGKILL')));
  redis.end();
  return {
    seed,
    came,
    left,
    perSecond: Math.round(came / seconds),
    present: present.size,
    subscriptions: [...present].reduce((sum, { channels }) => sum + channels.length, 0),
    ...prefixed('afterChurn', afterChurn),
    moved: moved.length,
    stormMs,
    ...prefixed('afterKill', afterKill),
    announcedAsGone,
    residentMegabytes: memory,
  };
}

/**
 * How many channels have other members than they should, and how long it took until none had.
 * @param {readonly import('./nodes.js').Node[]} nodes
 * @param {ReadonlySet<Member>} present
 */
async function differences(nodes, present) {
  const truth = new Map();
  for (const { userId, channels } of present) {
    for (const channel of channels) truth.set(channel, [...(truth.get(channel) ?? []), userId]);
  }
  const begin = performance.now();
  for (;;) {
    const wrong = await Promise.all(nodes.map((node) => wrongChannels(node, truth)));
    const ms = Math.round(performance.now() - begin);
    const total = wrong.reduce((sum, count) => sum + count, 0);
    if (total === 0 || ms > AGREE_MS) return { wrong: total, ms };
  }
}

/**
 * Compares all counts, and the members of the channels at one node.
 * @param {import('./nodes.js').Node} node
 * @param {ReadonlyMap<string, readonly string[]>} truth
 */
async function wrongChannels({ host, port }, truth) {
  const pusher = new Pusher({ ...APP, host, port: String(port), useTLS: false });
  const response = await pusher.get({
    path: '/channels',
    params: { filter_by_prefix: 'presence-', info: 'user_count' },
  });
  const { channels } = /** @type {{ channels: Record<string, { user_count: number }> }} */ (
    await response.json()
  );
  const wrong = new Set();
  for (const [channel, users] of truth) {
    if (channels[channel]?.user_count !== users.length) wrong.add(channel);
  }
  for (const channel of Object.keys(channels)) if (!truth.has(channel)) wrong.add(channel);
  // The ids as well, of some.
  for (const [channel, users] of [...truth].slice(0, 200)) {
    const reply = await pusher.get({ path: `/channels/${channel}/users` });
    const list = /** @type {{ users: { id: string }[] }} */ (await reply.json());
    const ids = list.users.map(({ id }) => id).toSorted();
    if (ids.join() !== [...users].toSorted().join()) wrong.add(channel);
  }
  return wrong.size;
}

/**
 * @param {string} name
 * @param {{ wrong: number, ms: number }} result
 */
function prefixed(name, { wrong, ms }) {
  return { [`${name}Wrong`]: wrong, [`${name}Ms`]: ms };
}

/** @param {() => number} random */
function channelsOf(random) {
  const count = 1 + Math.floor(random() * MAX_CHANNELS_OF_CLIENT);
  const channels = Array.from(
    { length: count },
    () => `presence-${Math.floor(random() * CHANNELS)}`,
  );
  return [...new Set(channels)];
}

/**
 * @template T
 * @param {readonly T[]} of
 * @param {() => number} random
 * @returns {T}
 */
function pick(of, random) {
  const picked = of[Math.floor(random() * of.length)];
  if (picked === undefined) throw new Error('nothing to pick');
  return picked;
}
