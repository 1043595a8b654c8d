// What is measured of one server. Each checks that what was sent has come, all of it and once.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Publisher, signedTrigger } from './publisher.js';
import { Subscriber } from './subscriber.js';

/** @typedef {import('./publisher.js').App & { pid: number }} Server */

const CONCURRENCY = 32;

/**
 * Signed triggers a second from 32 connections, to 10 subscribers.
 * @param {Server} server
 * @param {number} count
 */
export async function triggers(server, count) {
  const requests = Array.from({ length: count }, (_, n) => signedTrigger(server, 'bench', n));
  const audience = await Audience.gather(server, 'bench', 10, count);
  const publishers = Array.from({ length: CONCURRENCY }, () => new Publisher(server));
  let next = 0;
  const cpu = cpuMicroseconds(server.pid);
  const start = performance.now();
  const work = publishers.map(async (publisher) => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      await publisher.send(request);
    }
  });
  await Promise.all(work);
  await audience.complete;
  const seconds = (performance.now() - start) / 1_000;
  const cost = (cpuMicroseconds(server.pid) - cpu) / count;
  for (const publisher of publishers) publisher.close();
  await audience.leave();
  return { 'triggers/s': count / seconds, 'CPU us/trigger': cost };
}

/**
 * One trigger after the other to 1,000 subscribers: the next when the last has come to all.
 * @param {Server} server
 * @param {number} count
 */
export async function fanOut(server, count) {
  const size = 1_000;
  const requests = Array.from({ length: count }, (_, n) => signedTrigger(server, 'fan', n));
  const audience = await Audience.gather(server, 'fan', size, count);
  const publisher = new Publisher(server);
  const cpu = cpuMicroseconds(server.pid);
  const start = performance.now();
  for (const [n, request] of requests.entries()) {
    const all = audience.heard(n);
    await publisher.send(request);
    await all;
  }
  const seconds = (performance.now() - start) / 1_000;
  const cost = (cpuMicroseconds(server.pid) - cpu) / (count * size);
  publisher.close();
  await audience.leave();
  const latencies = audience.latencies.toSorted((a, b) => a - b);
  return {
    'deliveries/s': (count * size) / seconds,
    'CPU us/delivery': cost,
    'p50 ms': latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    'p99 ms': latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}

/**
 * Connections a second, 50 at a time, until greeted.
 * @param {Server} server
 * @param {number} count
 */
export async function connects(server, count) {
  const cpu = cpuMicroseconds(server.pid);
  const start = performance.now();
  const open = await gather(count, () => greeted(server));
  const seconds = (performance.now() - start) / 1_000;
  const cost = (cpuMicroseconds(server.pid) - cpu) / count;
  for (const subscriber of open) subscriber.close();
  await sleep(500);
  return { 'connects/s': count / seconds, 'CPU us/connect': cost };
}

/**
 * What idle connections take of the memory of a server that has just started: first alone, then each
 * with a channel of its own.
 * @param {Server} server
 * @param {number} count
 */
export async function memory(server, count) {
  const before = residentBytes(server.pid);
  const open = await gather(count, () => greeted(server));
  await sleep(2_000);
  const connected = residentBytes(server.pid);
  const rest = [...open.entries()];
  await gather(count, async () => {
    const [n, subscriber] = rest.pop() ?? [];
    await subscriber?.subscribe(`idle-${n}`, () => {});
  });
  await sleep(2_000);
  const subscribed = residentBytes(server.pid);
  for (const subscriber of open) subscriber.close();
  return {
    'KB/connection': (connected - before) / count / 1_024,
    'KB/channel': (subscribed - connected) / count / 1_024,
  };
}

/** @param {Server} server */
async function greeted(server) {
  const subscriber = new Subscriber(server);
  await subscriber.greeted();
  return subscriber;
}

/**
 * @template T
 * @param {number} count
 * @param {() => Promise<T>} make - runs 50 at a time
 */
async function gather(count, make) {
  /** @type {T[]} */
  const made = [];
  let started = 0;
  const work = Array.from({ length: 50 }, async () => {
    while (started++ < count) made.push(await make());
  });
  await Promise.all(work);
  return made;
}

export class Audience {
  /** In milliseconds, from the moment a trigger was sent to each delivery of it. */
  latencies = /** @type {number[]} */ ([]);
  complete;
  #subscribers;
  #missing;
  /** @type {Map<number, { sent: number, missing: number, resolve: () => void }>} */
  #waiting = new Map();
  /** @type {() => void} */
  #finish = () => {};

  /**
   * @param {Subscriber[]} subscribers
   * @param {number} deliveries - how many there are to be
   */
  constructor(subscribers, deliveries) {
    this.#subscribers = subscribers;
    this.#missing = deliveries;
    this.complete = /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#finish = resolve;
      })
    );
  }

  /**
   * @param {Server} server
   * @param {string} channel
   * @param {number} size
   * @param {number} events - how many each is to hear, numbered from 0
   */
  static async gather(server, channel, size, events) {
    /** @type {Subscriber[]} */
    const subscribers = [];
    const audience = new Audience(subscribers, size * events);
    const members = await gather(size, async () => {
      const subscriber = await greeted(server);
      const heard = new Uint8Array(events);
      await subscriber.subscribe(channel, (n) => audience.#hear(heard, n));
      return subscriber;
    });
    subscribers.push(...members);
    return audience;
  }

  /**
   * Resolves when all have heard event `n`, which is sent now.
   * @param {number} n
   * @returns {Promise<void>}
   */
  heard(n) {
    return new Promise((resolve) => {
      const missing = this.#subscribers.length;
      this.#waiting.set(n, { sent: performance.now(), missing, resolve });
    });
  }

  async leave() {
    for (const subscriber of this.#subscribers) subscriber.close();
    await sleep(200);
  }

  /**
   * @param {Uint8Array} heard
   * @param {number} n
   */
  #hear(heard, n) {
    if (heard[n] !== 0) throw new Error(`event ${n} came twice, or was never sent`);
    heard[n] = 1;
    this.#missing--;
    if (this.#missing === 0) this.#finish();
    const waiting = this.#waiting.get(n);
    if (waiting === undefined) return;
    this.latencies.push(performance.now() - waiting.sent);
    waiting.missing--;
    if (waiting.missing === 0) waiting.resolve();
  }
}

/** @param {number} pid */
function residentBytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/**
 * What a process has computed so far: other than the time of day, it does not depend on who else does.
 * @param {number} pid
 */
export function cpuMicroseconds(pid) {
  // Fields 14 and 15 of proc(5), in hundredths of a second; the name before them has no space.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10_000;
}
