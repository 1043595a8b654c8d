// What an instance costs in memory and a change in time, by the size of the table: neither may grow. Run with
// --expose-gc, in a process of its own for each size.
import { WeightedRoundRobin } from '@rollcall/client';
import { Journal, Observer, Table } from '@rollcall/protocol';
import { tell } from './parts.js';
import { percentile } from './report.js';

/** @typedef {import('@rollcall/protocol').TableEvent} TableEvent */
/** @typedef {import('@rollcall/protocol').Effect} Effect */
/** @typedef {{ table: Table, apply: (event: TableEvent) => unknown, tick: () => readonly Effect[] }} Subject */

const size = Number(process.env['INSTANCES']);
const changes = Number(process.env['CHANGES']);
const TICK_MS = 50;

let clock = 0;
let seed = 1;
/** The same sequence in each run: mulberry32. */
function random() {
  seed = (seed + 0x6d_2b_79_f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const pick = () => Math.floor(random() * size);

tell({
  table: measure(plainTable),
  'observer with journal': measure(observer),
  'no table but memory': memory(),
});

/** @returns {Subject} */
function plainTable() {
  const table = new Table({ probes: 'always' });
  return {
    table,
    apply: (event) => table.apply(event, clock),
    tick: () => table.apply({ type: 'tick' }, clock),
  };
}

/** @returns {Subject} */
function observer() {
  let asked = 0;
  const journal = new Journal();
  const observer = new Observer({
    probes: 'always',
    answers: true,
    rollCallEveryMs: Infinity,
    journal,
    nonce: () => `n${++asked}`,
  });
  return {
    table: observer.table,
    tick: () => observer.tick(clock).effects,
    apply: (event) => observer.learn(event, clock),
  };
}

/** @param {() => Subject} create */
function measure(create) {
  /** @type {Subject[]} */
  const subjects = [];
  const before = heap();
  // Of a small one several, or the noise of the heap would be all one sees.
  for (let copies = Math.ceil(20_000 / size); copies > 0; copies--) subjects.push(filled(create()));
  const bytes = (heap() - before) / size / subjects.length;
  const [subject = create()] = subjects.splice(0);

  const incs = new Float64Array(size).fill(1);
  const seqs = new Float64Array(size);
  function update(index = pick()) {
    seqs[index] = at(seqs, index) + 1;
    subject.apply(heard(index, at(incs, index), at(seqs, index)));
  }
  function restart(index = pick()) {
    subject.apply(heard(index, at(incs, index), at(seqs, index), true));
    incs[index] = at(incs, index) + 1;
    seqs[index] = 0;
    subject.apply(heard(index, at(incs, index), 0));
  }
  const turns = new WeightedRoundRobin();
  const figures = {
    'bytes an instance': bytes,
    'us an update': time(() => times(changes, update)),
    'us an exit and register': time(() => times(changes, restart)),
    'us a probe and its verdict': time(() => probes(subject)),
    'us a pick': time(() => times(changes, () => turns.next(subject.table.routable('/bench')))),
  };
  if (subject.table.routable('/bench').length !== size) throw new Error('instances were lost');
  return figures;
}

/** @param {Subject} subject */
function filled(subject) {
  for (let index = 0; index < size; index++) subject.apply(heard(index, 1, 0));
  return subject;
}

/** Lets time pass, and answers the probes that come due. @param {Subject} subject */
function probes(subject) {
  for (let done = 0; done < changes;) {
    clock += TICK_MS;
    for (const effect of subject.tick()) {
      if (effect.type !== 'probe') continue;
      subject.apply({ type: 'probed', key: effect.instance.key, verdict: 'ok', by: 'probe' });
      done++;
    }
  }
}

/** What memory alone costs on this machine: as many objects as there are instances, in no order. */
function memory() {
  /** @type {Map<string, any>} */
  const map = new Map();
  for (let index = 0; index < size; index++) map.set(`i${index}`, heard(index, 1, 0));
  const list = [...map.values()].toSorted(() => random() - 0.5);
  let next = 0;
  let sum = 0;
  return {
    'us a replacement in a Map': time(() =>
      times(changes, () => {
        const index = pick();
        if (map.get(`i${index}`) !== undefined) map.set(`i${index}`, heard(index, 1, 0));
      }),
    ),
    'us a look at the next of a list': time(() =>
      times(changes, () => (sum += list[next++ % size].statement.announcement.inc)),
    ),
  };
}

/** @param {number} count @param {() => unknown} work */
function times(count, work) {
  for (let done = 0; done < count; done++) work();
}

/** Microseconds of CPU for each of a round's changes: a machine may have other things to do. @param {() => void} round */
function time(round) {
  // The first rounds compile.
  const rounds = Array.from({ length: 9 }, () => {
    const began = process.cpuUsage();
    round();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / changes;
  });
  return percentile(rounds.slice(2), 0.5);
}

/** @param {number} index @param {number} inc @param {number} seq @returns {TableEvent} */
function heard(index, inc, seq, left = false) {
  const announcement = {
    prefix: '/bench',
    address: `10.0.0.${1 + Math.floor(index / 65535)}`,
    port: 1 + (index % 65535),
    name: 'bench',
    version: '1.0.0',
    id: `i${index}`,
    inc,
    seq,
  };
  return { type: 'received', statement: { announcement, left } };
}

/** @param {Float64Array} list @param {number} index */
function at(list, index) {
  return list[index] ?? 0;
}

function heap() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
