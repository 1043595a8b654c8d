// What clients and publishers see of two nodes while something fails.
import { setTimeout as sleep } from 'node:timers/promises';
import Pusher from 'pusher';
import { Client, NEWS, ROOM } from './client.js';
import { Node } from './nodes.js';

/** @typedef {import('./nodes.js').Product} Product */

/** Between two questions to a node, and two triggers. */
const PAUSE_MS = 100;
/** Longer than any product waits for its nodes. */
const TIMEOUT_MS = 10_000;
/** A client that stays has received an event after this time. */
const DELIVERED_MS = 3_000;
/** A member is listed by all nodes after this time. */
const PROPAGATED_MS = 1_000;

/** @typedef {{ sent: number, accepted: number, n: number }} Accepted */
/** @typedef {{ at: number, ms: number, node: Node, ids: string | undefined, isRight: boolean }} Reply */

/**
 * What was seen from a fault on. Times are in milliseconds.
 * @typedef {object} Seen
 * @property {number | undefined} told until the members who are gone were announced as gone; undefined if they were not
 * @property {number} wrongUntil until the last wrong list of members, 0 if there was none
 * @property {boolean} isRightAtEnd
 * @property {number} falseGoodbyes members that were announced as gone although they were not
 * @property {number} lost accepted triggers that a client did not receive
 * @property {number} doubled
 * @property {number} closed clients of nodes that run
 * @property {number} died nodes that ended by themselves
 * @property {number} longestQuestion
 * @property {number} failedQuestions
 * @property {number} longestJoin of newcomers
 * @property {number} wrongJoins newcomers who were shown a wrong list, or could not join
 * @property {number} refusedFor from the first refused trigger to the last
 * @property {number} longestAway of a client that moved, until it had joined another node
 * @property {boolean} hasTold whether members were to be announced as gone
 */

/** Two nodes with clients, publishers and questions that go on. */
export class Observation {
  /** @type {readonly [Node, Node]} */
  nodes;
  /** @type {Client[]} */
  clients = [];
  #faultAt = 0;
  #isOver = false;
  #isRoundRobin = 0;
  #numbers = 0;
  /** @type {Accepted[]} */
  #accepted = [];
  /** @type {number[]} */
  #refused = [];
  /** @type {Reply[]} */
  #replies = [];
  /** @type {{ ms: number, isRight: boolean }[]} */
  #joins = [];
  /** @type {Promise<void>[]} */
  #work = [];

  /**
   * @param {Product} product
   * @param {import('./redis.js').RedisAddress} redis
   * @param {import('./parts.js').Parts} parts
   */
  constructor(product, redis, parts) {
    this.nodes = [new Node(product, redis, parts), new Node(product, redis, parts)];
  }

  /** Starts the nodes, with ann on the first and bob and cem on the second, and waits until each shows all. */
  async begin() {
    await Promise.all(this.nodes.map((node) => node.start()));
    const [one, other] = this.nodes;
    await this.join('ann', one);
    await this.join('bob', other);
    await this.join('cem', other);
    for (const node of this.nodes) {
      while ((await this.#ask(node)).ids !== 'ann,bob,cem') await sleep(PAUSE_MS);
    }
    this.#work = [...this.nodes.map((node) => this.#askOnAndOn(node)), this.#publish()];
    await sleep(1_000);
  }

  /** What is seen from now on is due to a fault. */
  fault() {
    this.#faultAt = performance.now();
  }

  get sinceFault() {
    return performance.now() - this.#faultAt;
  }

  /**
   * @param {string} id
   * @param {Node} node
   */
  async join(id, node) {
    const client = new Client(id, node);
    this.clients.push(client);
    if (!(await client.join())) throw new Error(`${id} could not join`);
    return client;
  }

  /**
   * A newcomer, which must be sent all members at once.
   * @param {string} id
   * @param {Node} node
   */
  async newcomer(id, node) {
    const client = new Client(id, node);
    const there = this.#known();
    this.clients.push(client);
    const started = performance.now();
    const joined = await client.join();
    // Those who have just gone may still be in it.
    const isRight = joined && there.every((each) => client.shown.includes(each));
    this.#joins.push({ ms: performance.now() - started, isRight });
    return client;
  }

  /** Resolves when the first client was told that all of these are gone, or the time is over. @param {readonly string[]} ids @param {number} ms */
  async untilGone(ids, ms) {
    while (this.#toldAfter(ids) === undefined && this.sinceFault < ms) await sleep(PAUSE_MS);
  }

  /**
   * Ends everything.
   * @param {readonly string[]} gone who was to be announced as gone
   * @param {readonly string[]} mayGo who may have been, too
   * @returns {Promise<Seen>}
   */
  async end(gone = [], mayGo = gone) {
    const final = await Promise.all(
      this.nodes.filter(({ isUp }) => isUp).map((node) => this.#ask(node)),
    );
    this.#isOver = true;
    await Promise.all(this.#work);
    await sleep(1_000);
    const died = this.nodes.filter(({ hasDied }) => hasDied).length;
    const closed = this.clients.filter(({ wasClosed }) => wasClosed).length;
    for (const client of this.clients) client.leave();
    const questions = this.#replies.filter(({ at }) => at >= this.#faultAt);
    const wrong = questions.filter(({ ids, isRight }) => ids !== undefined && !isRight);
    const refused = this.#refused.filter((at) => at >= this.#faultAt);
    const told = this.#toldAfter(gone);
    return {
      hasTold: gone.length > 0,
      told,
      wrongUntil: Math.max(0, ...wrong.map(({ at }) => at - this.#faultAt)),
      isRightAtEnd: final.length > 0 && final.every(({ isRight }) => isRight),
      falseGoodbyes: this.#falseGoodbyes(mayGo),
      ...this.#deliveries(),
      closed,
      died,
      longestQuestion: Math.max(0, ...questions.map(({ ms }) => ms)),
      failedQuestions: questions.filter(({ ids }) => ids === undefined).length,
      longestJoin: Math.max(0, ...this.#joins.map(({ ms }) => ms)),
      wrongJoins: this.#joins.filter(({ isRight }) => !isRight).length,
      longestAway: Math.max(
        0,
        ...this.clients.flatMap(({ periods }) =>
          periods.slice(1).map(({ from }, index) => from - (periods[index]?.to ?? from)),
        ),
      ),
      refusedFor: refused.length === 0 ? 0 : (refused.at(-1) ?? 0) - (refused[0] ?? 0),
    };
  }

  /** @param {readonly string[]} ids */
  #toldAfter(ids) {
    if (ids.length === 0) return undefined;
    const [ann] = this.clients;
    const times = ids.map(
      (id) =>
        ann?.changes.find(
          (each) => each.kind === 'removed' && each.id === id && each.at >= this.#faultAt,
        )?.at,
    );
    const last = Math.max(...times.map((at) => at ?? Infinity));
    return Number.isFinite(last) ? last - this.#faultAt : undefined;
  }

  /** @param {readonly string[]} mayGo */
  #falseGoodbyes(mayGo) {
    const seen = this.clients.flatMap(({ changes }) =>
      changes.filter(
        ({ kind, at, id }) => kind === 'removed' && at >= this.#faultAt && !mayGo.includes(id),
      ),
    );
    return new Set(seen.map(({ id }) => id)).size;
  }

  #deliveries() {
    let lost = 0;
    let doubled = 0;
    for (const client of this.clients) {
      for (const { sent, accepted, n } of this.#accepted) {
        const stays = client.periods.some(
          ({ from, to }) =>
            from < sent && to > Math.min(accepted + DELIVERED_MS, performance.now()),
        );
        const times = client.received.get(n) ?? 0;
        if (stays && !client.node.isHung && times === 0) lost += 1;
        if (times > 1) doubled += 1;
      }
    }
    return { lost, doubled };
  }

  /** Whom every node should list. */
  #known() {
    const before = performance.now() - PROPAGATED_MS;
    const known = this.clients.filter(
      ({ isThere, periods }) => isThere && (periods.at(-1)?.from ?? Infinity) < before,
    );
    return known.map(({ id }) => id);
  }

  /** @param {Node} node */
  async #askOnAndOn(node) {
    while (!this.#isOver) {
      await sleep(PAUSE_MS);
      if (node.isUp) this.#replies.push(await this.#ask(node));
    }
  }

  /**
   * @param {Node} node
   * @returns {Promise<Reply>}
   */
  async #ask(node) {
    const at = performance.now();
    const before = this.clients.filter(isListed);
    const known = this.#known();
    const ids = await membersAt(node);
    const after = this.clients.filter(isListed);
    // A change while the question is on its way may be in the answer or not.
    const may = new Set([...before, ...after].map(({ id }) => id));
    const must = known.filter((id) => after.some((client) => client.isThere && client.id === id));
    const listed = ids?.split(',') ?? [];
    const isRight = must.every((id) => listed.includes(id)) && listed.every((id) => may.has(id));
    return { at, ms: performance.now() - at, node, ids, isRight };
  }

  async #publish() {
    while (!this.#isOver) {
      await sleep(PAUSE_MS);
      const up = this.nodes.filter(({ isUp }) => isUp);
      const node = up[this.#isRoundRobin++ % Math.max(1, up.length)];
      if (node === undefined) continue;
      const n = this.#numbers++;
      const sent = performance.now();
      const response = await clientOf(node)
        .trigger(NEWS, 'event', { n })
        .catch(() => undefined);
      if (response?.status === 200) this.#accepted.push({ sent, accepted: performance.now(), n });
      // A node that is told to end answers nothing from then on.
      else if (node.isUp) this.#refused.push(sent);
    }
  }
}

/** Whether a node may list it. @param {Client} client */
function isListed({ isThere, isJoining }) {
  return isThere || isJoining;
}

/** @param {Node} node */
function clientOf({ host, port, appId, key, secret }) {
  return new Pusher({
    host,
    port: String(port),
    appId,
    key,
    secret,
    useTLS: false,
    timeout: TIMEOUT_MS,
  });
}

/**
 * The members that a node lists; undefined if it does not answer.
 * @param {Node} node
 * @returns {Promise<string | undefined>}
 */
async function membersAt(node) {
  try {
    const response = await clientOf(node).get({ path: `/channels/${ROOM}/users` });
    const { users } = /** @type {{ users: { id: string }[] }} */ (await response.json());
    return users
      .map(({ id }) => id)
      .toSorted()
      .join(',');
  } catch {
    return undefined;
  }
}
