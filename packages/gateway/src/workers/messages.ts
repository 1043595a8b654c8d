import type { Change, Instance, Verdict } from '@rollcall/client';
import { encodeAnnouncement, isRecord, parseAnnouncement, parsePort } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import type { PlaneSettings } from '../data-plane.ts';
import { PROBLEMS } from '../problem.ts';
import type { ProblemCode } from '../problem.ts';
import { isCounts } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { Load } from '../traffic/load.ts';
import type { Vitals } from '../traffic/process-vitals.ts';
import type { TrafficDelta } from '../traffic/traffic.ts';
import type { TableState } from './replica.ts';

// What a gateway and its workers tell each other. Both are of one program, so that what does not parse is a
// fault of ours: it is thrown, and ends the worker before it serves by something else than it was told.

export type ToWorker =
  /** The first message: what there is, and where to listen once it is taken in. */
  | {
      readonly type: 'begin';
      readonly settings: PlaneSettings;
      readonly table: TableState;
      readonly host: string;
      readonly port: number;
    }
  /** The change of the table with this number; each has one more than the one before. */
  | { readonly type: 'changed'; readonly number: number; readonly change: Change }
  /** Serve by other settings from now on. */
  | { readonly type: 'configure'; readonly settings: PlaneSettings }
  /** Accept no more, finish what is in flight, and end. */
  | { readonly type: 'close' };

export type FromWorker =
  /** It hears. */
  | { readonly type: 'hello' }
  | { readonly type: 'listening' }
  /** Every request from now on is routed by the change with this number. */
  | { readonly type: 'applied'; readonly number: number }
  /** What traffic has shown of an instance. */
  /** What it has counted since it said so before, and how it does. */
  | {
      readonly type: 'counted';
      readonly traffic: TrafficDelta;
      readonly load: Load;
      readonly vitals: Vitals;
    }
  | { readonly type: 'witnessed'; readonly key: string; readonly verdict: Verdict };

/**
 * A message as it travels. Times that count from the start of a process become such since 1970.
 * @param origin when that was, as `performance.timeOrigin`
 */
export function encodeToWorker(message: ToWorker, origin: number): unknown {
  if (message.type === 'begin') {
    const { prefixes, instances } = message.table;
    const encoded = instances.map((instance) => encodeInstance(instance, origin));
    return { ...message, table: { prefixes, instances: encoded } };
  }
  if (message.type === 'changed') {
    const { type, instance, why, was } = message.change;
    const change = {
      type,
      instance: encodeInstance(instance, origin),
      why,
      was: was && encodeAnnouncement(was),
    };
    return { ...message, change };
  }
  return message;
}

/** @param origin when the clock of the process that reads it began */
export function parseToWorker(input: unknown, origin: number): ToWorker {
  const message = record(input);
  switch (message['type']) {
    case 'begin': {
      const table = record(message['table']);
      return {
        type: 'begin',
        settings: parseSettings(message['settings']),
        table: {
          prefixes: list(table['prefixes']).map(text),
          instances: list(table['instances']).map((each) => parseInstance(each, origin)),
        },
        host: text(message['host']),
        port: port(message['port']),
      };
    }
    case 'changed': {
      const change = parseChange(record(message['change']), origin);
      return { type: 'changed', number: number(message['number']), change };
    }
    case 'configure':
      return { type: 'configure', settings: parseSettings(message['settings']) };
    case 'close':
      return { type: 'close' };
    default:
      throw unknown(input);
  }
}

/** Plain data that the primary has made of what it was configured by, and checked. */
function parseSettings(input: unknown): PlaneSettings {
  return record(input) as unknown as PlaneSettings;
}

export function parseFromWorker(input: unknown): FromWorker {
  const message = record(input);
  const { type } = message;
  switch (type) {
    case 'hello':
    case 'listening':
      return { type };
    case 'applied':
      return { type, number: number(message['number']) };
    case 'counted':
      return {
        type,
        traffic: parseTraffic(record(message['traffic'])),
        load: parseLoad(record(message['load'])),
        vitals: parseVitals(record(message['vitals'])),
      };
    case 'witnessed':
      return { type, key: text(message['key']), verdict: oneOf(VERDICTS, message['verdict']) };
    default:
      throw unknown(input);
  }
}

function parseTraffic(traffic: Record<string, unknown>): TrafficDelta {
  return {
    routes: pairs(traffic['routes'], (name) => (name === undefined ? name : text(name)), counts),
    instances: pairs(traffic['instances'], text, counts),
    problems: pairs(traffic['problems'], (code) => oneOf(PROBLEM_CODES, code), number),
  };
}

function parseLoad(load: Record<string, unknown>): Load {
  return {
    clients: number(load['clients']),
    inFlight: pairs(load['inFlight'], text, number),
    pools: pairs(load['pools'], text, (sizes) => {
      const { open, idle } = record(sizes);
      return { open: number(open), idle: number(idle) };
    }),
  };
}

function parseVitals(vitals: Record<string, unknown>): Vitals {
  return {
    residentBytes: number(vitals['residentBytes']),
    cpuSeconds: number(vitals['cpuSeconds']),
    delaySeconds: number(vitals['delaySeconds']),
  };
}

function counts(input: unknown): Counts {
  if (!isCounts(input)) throw unknown(input);
  return input;
}

function pairs<K, V>(
  input: unknown,
  key: (input: unknown) => K,
  value: (input: unknown) => V,
): (readonly [K, V])[] {
  return list(input).map((each) => {
    const [first, second] = list(each);
    return [key(first), value(second)];
  });
}

const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];
const VERDICTS = ['ok', 'refused', 'failed'] as const;
const STATUSES = ['healthy', 'suspect', 'down'] as const;
const CHANGES = [
  'registered',
  'updated',
  'left',
  'suspected',
  'down',
  'recovered',
  'forgotten',
] as const;

function parseChange(change: Record<string, unknown>, origin: number): Change {
  const { was } = change;
  return {
    type: oneOf(CHANGES, change['type']),
    instance: parseInstance(change['instance'], origin),
    why: text(change['why']),
    ...(was !== undefined && { was: announcement(was) }),
  };
}

function encodeInstance(instance: Instance, origin: number): unknown {
  const { key, status, since, isDrained } = instance;
  const announcement = encodeAnnouncement(instance.announcement);
  return { key, announcement, status, since: since + origin, isDrained };
}

function parseInstance(input: unknown, origin: number): Instance {
  const instance = record(input);
  return {
    key: text(instance['key']),
    announcement: announcement(instance['announcement']),
    status: oneOf(STATUSES, instance['status']),
    since: number(instance['since']) - origin,
    isDrained: instance['isDrained'] === true,
  };
}

function announcement(input: unknown): Announcement {
  const parsed = parseAnnouncement(input);
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

function port(input: unknown): number {
  const parsed = parsePort(input);
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

function record(input: unknown): Record<string, unknown> {
  if (!isRecord(input)) throw unknown(input);
  return input;
}

function list(input: unknown): unknown[] {
  if (!Array.isArray(input)) throw unknown(input);
  return input;
}

function text(input: unknown): string {
  if (typeof input !== 'string') throw unknown(input);
  return input;
}

function number(input: unknown): number {
  if (typeof input !== 'number') throw unknown(input);
  return input;
}

function oneOf<T extends string>(words: readonly T[], input: unknown): T {
  const word = words.find((each) => each === input);
  if (word === undefined) throw unknown(input);
  return word;
}

function unknown(input: unknown): Error {
  return new Error(`not what a gateway and its workers tell each other: ${JSON.stringify(input)}`);
}
