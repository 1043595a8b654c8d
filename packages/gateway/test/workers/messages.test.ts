import { describe, expect, it } from 'vitest';
import type { Announcement, Change, Instance } from '@rollcall/client';
import { newLatencies } from '../../src/rollout/latencies.ts';
import { newCounts } from '../../src/traffic/counts.ts';
import { FROM_WORKER, TO_WORKER } from '../../src/workers/messages.ts';
import type { FromWorker, ToWorker } from '../../src/workers/messages.ts';
import { dataPlaneSettings } from '../data-plane-settings.ts';

const announcement: Announcement = {
  prefix: '/v1',
  port: 80,
  address: '10.0.0.1',
  id: 'a',
  inc: 1,
  seq: 2,
  weight: 3,
  extra: { future: [1] },
};
const instance: Instance = {
  key: 'a',
  announcement,
  status: 'suspect',
  since: 500,
  isDrained: true,
};
const settings = dataPlaneSettings({ domain: '*' });
const change: Change = { type: 'updated', instance, why: 'it said so', was: announcement };

/** Through the channel between two processes, of which one began a second later. */
const sent = (message: ToWorker): ToWorker =>
  TO_WORKER.decode(structuredClone(TO_WORKER.encode(message, 1000)), 2000);
const SPLIT = {
  epoch: 3,
  groups: [
    { versions: ['1.4'], share: 0.95 },
    { versions: ['1.5'], share: 0.05 },
  ],
};
const laterBySecond = { ...instance, since: -500 };

describe('messages to a worker', () => {
  it('have a whole table, its times in the worker’s own', () => {
    const splits = [['/v1', SPLIT]] as const;
    const rest = { isTableComplete: true, splits, settings, host: '::', ports: { port: 1 } };
    const begin = { type: 'begin', ...rest } as const;
    const table = { prefixes: ['', '/v1'], instances: [instance] };
    expect(sent({ ...begin, table })).toEqual({
      ...begin,
      table: { ...table, instances: [laterBySecond] },
    });
  });

  it('have how versions share requests, or that they do not any more', () => {
    expect(sent({ type: 'split', service: '/v1', split: SPLIT })).toEqual({
      type: 'split',
      service: '/v1',
      split: SPLIT,
    });
    expect(sent({ type: 'split', service: '/v1', split: undefined })).toEqual({
      type: 'split',
      service: '/v1',
    });
  });

  it('have a change as it was', () => {
    expect(sent({ type: 'change', number: 7, change })).toEqual({
      type: 'change',
      number: 7,
      change: { ...change, instance: laterBySecond },
    });
    const { was: _, ...without } = change;
    expect(sent({ type: 'change', number: 7, change: without })).not.toHaveProperty('change.was');
  });

  it('have upstreams of the configuration under their name', () => {
    const configured: Instance = {
      key: 'x',
      announcement: {
        prefix: 'a.com/ (upstreams)',
        port: 80,
        address: '10.0.0.1',
        scheme: 'https',
      },
      status: 'healthy',
      since: 500,
      isDrained: false,
      configuredAs: 'https://files.internal:80',
    };
    const message = {
      type: 'change',
      number: 1,
      change: { ...change, instance: configured },
    } as const;
    expect(sent(message)).toMatchObject({ change: { instance: { ...configured, since: -500 } } });
  });

  it('have nothing that is only the table’s own', () => {
    const entry = { ...instance, slot: 4, probing: true };
    const encoded = TO_WORKER.encode(
      { type: 'change', number: 1, change: { ...change, instance: entry } },
      0,
    );
    expect(JSON.stringify(encoded)).not.toMatch(/slot|probing/);
  });

  it.each([
    undefined,
    'close',
    { type: 'open' },
    { type: 'begin' },
    { type: 'change', number: '1', change: {} },
    { type: 'change', number: 1, change: { type: 'moved' } },
    {
      type: 'begin',
      settings,
      host: '::',
      ports: { port: 1 },
      table: { prefixes: [1], instances: [] },
    },
    {
      type: 'begin',
      settings,
      host: '::',
      ports: { port: 1 },
      table: { prefixes: [], instances: [{ key: 'a' }] },
    },
    {
      type: 'begin',
      settings,
      host: '::',
      ports: { port: 0 },
      table: { prefixes: [], instances: [] },
    },
  ])('are not %j', (input) => {
    expect(() => TO_WORKER.decode(input, 0)).toThrow();
  });
});

const COUNTED = {
  type: 'report',
  traffic: {
    routes: [
      ['/v1', newCounts()],
      [undefined, newCounts()],
    ],
    instances: [['a', newCounts()]],
    problems: [['loop', 2]],
    filters: [['cors', [['/v1', 3]]]],
    droppedFields: 4,
    versions: [['2', 5]],
    grpc: [[14, [['/v1', 6]]]],
    copies: [['2xx', [['/v1', 7]]]],
    droppedCopies: [['in-flight', [['/v1', 8]]]],
  },
  evidence: [
    {
      service: '/v1',
      epoch: 3,
      arms: [
        {
          requests: 20,
          failures: 1,
          failedKeys: [7],
          instances: new Map(),
          latencies: newLatencies(),
        },
      ],
    },
  ],
  load: {
    clients: 1,
    shedClients: 0,
    heavyClients: 0,
    faultyClients: 0,
    inFlight: [['a', 2]],
    pools: [['a', { open: 2, idle: 1 }]],
    ejections: [{ key: 'a', until: 1000, why: '503 ×5', isIgnored: false }],
  },
  process: { residentBytes: 1, cpuSeconds: 0.5, delaySeconds: 0 },
} satisfies FromWorker;

describe('messages from a worker', () => {
  it.each<FromWorker>([
    { type: 'hello' },
    { type: 'listening' },
    { type: 'applied', number: 3 },
    { type: 'request-error', filter: 'cors', reason: 'x', requestId: 'r' },
    { type: 'request-error', reason: 'x', requestId: 'r' },
    COUNTED,
    { type: 'outcome', key: 'a', verdict: 'refused' },
  ])('are %j', (message) => {
    expect(FROM_WORKER.decode(structuredClone(FROM_WORKER.encode(message, 0)), 0)).toEqual(message);
  });

  it.each([
    undefined,
    'hello',
    { type: 'goodbye' },
    { type: 'applied', number: '3' },
    { ...COUNTED, traffic: { ...COUNTED.traffic, routes: [['/v1', new Float64Array(3)]] } },
    { ...COUNTED, traffic: { ...COUNTED.traffic, problems: [['no-such', 1]] } },
    { ...COUNTED, load: { ...COUNTED.load, pools: [['a', 1]] } },
    { ...COUNTED, process: {} },
    { type: 'outcome', key: 1, verdict: 'ok' },
    { type: 'outcome', key: 'a', verdict: 'fine' },
  ])('are not %j', (input) => {
    expect(() => FROM_WORKER.decode(input, 0)).toThrow(/between gateway and worker/);
  });
});
