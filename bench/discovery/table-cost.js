// What an instance costs in memory and a change in time, by the size of the table: neither may grow. Run with
// --expose-gc, in a process of its own for each size.
import { Turns } from '@rollcall/client';
import { Journal, Observer, Table } from '@rollcall/protocol';
import { tell } from './parts.js';

/** @typedef {import('@rollcall/protocol').TableEvent} TableEvent */
/** @typedef {{ apply: (event: TableEvent) => unknown, tick: () => unknown, table: Table }} Subject */

const size = Number(process.env['INSTANCES']);
const changes = Number(process.env['CHANGES']);
/** Of virtual time: as many changes a second as a gateway may well see. */
const CHANGES_PER_TICK = 50;
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

const subjects = { table: plainTable, 'observer and journal': observer };
/** @type {Record<string, Record<string, number>>} */
const figures = {};
for (const [name, create] of Object.entries(subjects)) figures[name] = measure(create);
tell(figures);

/** @returns {Subject} */
function plainTable() {
  const table = new Table({ probes: 'always' });
  return {
    ...{ table, apply: (event) => table.apply(event, clock) },
    tick: () => table.apply({ type: 'tick' }, clock),
  };
}

/** @returns {Subject} */
function observer() {
  let asked = 0;
  const journal = new Journal();
  const observer = new Observer({
    ...{ probes: 'always', answers: true, askEvery: Infinity, journal },
    nonce: () => `n${++asked}`,
  });
  return {
    ...{ table: observer.table, tick: () => observer.tick(clock) },
    apply: (event) => observer.learn(event, clock),
  };
}

/** @param {() => Subject} create */
function measure(create) {
  seed = 1;
  const before = heap();
  const subject = create();
  const incs = new Float64Array(size).fill(1);
  const seqs = new Float64Array(size);
  for (let index = 0; index < size; index++) subject.apply(heard(index, 1, 0));
  const bytes = (heap() - before) / size;

  const pick = () => Math.floor(random() * size);
  /** @param {number} index */
  const update = (index) => subject.apply(heard(index, at(incs, index), ++seqs[index]));
  /** @param {number} index */
  function restart(index) {
    subject.apply(heard(index, at(incs, index), at(seqs, index), true));
    subject.apply(heard(index, ++incs[index], (seqs[index] = 0)));
  }
  /** @param {number} index */
  const probe = (index) =>
    subject.apply({ type: 'probed', key: `i${index}`, verdict: 'ok', by: 'probe' });
  const turns = new Turns();
  const result = {
    'bytes an instance': bytes,
    'us an update': time(subject, () => update(pick())),
    'us a verdict': time(subject, () => probe(pick())),
    'us an exit and register': time(subject, () => restart(pick())),
    'us a pick': time(subject, () => turns.next('/bench', subject.table.routable('/bench'))),
  };
  if (subject.table.all().length !== size) throw new Error('the table has lost instances');
  return result;
}

/** Microseconds each, the ticks in between included. @param {Subject} subject @param {() => unknown} change */
function time(subject, change) {
  /** @type {number[]} */
  const rounds = [];
  // The first rounds compile; of the others the median, since this machine has other things to do.
  for (let round = 0; round < 7; round++) {
    const began = process.hrtime.bigint();
    for (let done = 1; done <= changes; done++) {
      change();
      if (done % CHANGES_PER_TICK !== 0) continue;
      clock += TICK_MS;
      subject.tick();
    }
    rounds.push(Number(process.hrtime.bigint() - began) / 1000 / changes);
  }
  return rounds.slice(2).toSorted((a, b) => a - b)[2] ?? NaN;
}

/** @param {number} index @param {number} inc @param {number} seq @returns {TableEvent} */
function heard(index, inc, seq, left = false) {
  const announcement = {
    ...{ prefix: '/bench', address: '10.0.0.1', port: 1 + (index % 65_535), name: 'bench' },
    ...{ version: '1.0.0', id: `i${index}`, inc, seq },
  };
  return { type: 'heard', statement: { announcement, left } };
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
