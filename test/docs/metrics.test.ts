import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import type { Directory } from '@rollcall/client';
import { statesOf } from '../../packages/gateway/test/catalog/live-table.ts';
import { LabelCounter } from '../../packages/gateway/src/metrics/label-counter.ts';
import { Telemetry } from '../../packages/gateway/src/metrics/telemetry.ts';
import {
  change,
  exchanged,
  instance,
} from '../../packages/gateway/test/traffic/request-summary.ts';
import { APP } from '../support/connection.ts';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
}

const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
const documented: readonly Row[] = [
  ...page.matchAll(/^\| `(?<name>[a-z_]+)` \| (?<type>\w+) \|(?<labels>[^|]*)\|/gm),
].map(({ groups }) => ({
  name: groups?.['name'] ?? '',
  type: groups?.['type'] ?? '',
  labels: [...(groups?.['labels'] ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label).join(' '),
}));

/** The metrics of a page in Prometheus' text format, with the labels that their samples have. */
function rows(exposed: string): Row[] {
  return [...exposed.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
    const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm').exec(exposed);
    if (sample === null) throw new Error(`${name} has no sample`);
    const labels = [...(sample[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
    return { name, type, labels: labels.join(' ') };
  });
}

/** A gateway's metrics page with a sample of each metric. */
async function gatewayMetrics(): Promise<string> {
  const events = new EventEmitter();
  const directory = Object.assign(events, {
    isConnected: true,
    prefixes: () => ['/v1'],
    instances: () => [instance('a')],
    routable: () => [instance('a')],
    brokers: () => [{ name: '127.0.0.1:6001', isConnected: true }],
    peers: () => [],
    unproven: () => [{ code: 'unsigned', reason: '' }],
  }) as unknown as Directory;
  const telemetry = new Telemetry(directory, statesOf(directory));
  const load = {
    clients: 1,
    shedClients: 0,
    heavyClients: 0,
    faultyClients: 0,
    inFlight: [['a', 1]],
    pools: [['a', { open: 1, idle: 0 }]],
    ejections: [],
  } as const;
  telemetry.observeCertificates({
    views: () => [{ names: ['api.example.com'], source: 'acme', expiresAt: 1, failures: 0 }],
    orders: () => ({ ok: 1, failed: 0 }),
  });
  telemetry.observe({ loads: () => [load] });
  const held = { version: '1.5', state: 'held', why: '', instances: 1, share: 0 } as const;
  telemetry.observeVersions({ prefixes: () => ['/v1'], of: () => [held] });
  telemetry.traffic.countRequest(
    exchanged({ problem: 'upstream-failed', filter: 'cors', grpcStatus: 14 }),
  );
  telemetry.traffic.mirrored('/v1', 200);
  telemetry.traffic.mirrorDropped('/v1', 'in-flight');
  const process = { residentBytes: 1, cpuSeconds: 1, delaySeconds: 0 };
  telemetry.filterFault('jwt');
  const counts = new LabelCounter();
  counts.add({ action: 'drain', result: 'accepted' });
  telemetry.observeAudit({ counts });
  const notified = new LabelCounter();
  notified.add({ kind: 'slack', result: 'sent' });
  telemetry.observeNotifications({ counts: notified });
  const authCounts = new LabelCounter();
  authCounts.add({ result: 'ok' });
  telemetry.observeAuth({ counts: authCounts });
  const report = { evidence: [], load, process };
  telemetry.addReport('1', { traffic: telemetry.traffic.take(), ...report });
  events.emit('received', 'register');
  events.emit('refused', 'register', { code: 'bad-port', reason: '' });
  events.emit('dropped', 'superseded');
  events.emit('probed', 'ok', 'probe');
  events.emit('change', change('recovered', 'a'));
  const exposed = await telemetry.expose();
  telemetry.close();
  return exposed;
}

const byName = (a: Row, b: Row): number => (a.name < b.name ? -1 : 1);

describe('docs/reference/metrics.md', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await createBroker({
      apps: [APP],
      metrics: { port: 0 },
      bus: { url: 'redis://127.0.0.1:1' },
    });
  });
  afterAll(() => broker.close());

  it('lists exactly the metrics of gateway and broker, with type and labels', async () => {
    const response = await fetch(`${broker.metricsUrl}/metrics`);
    const real = [...rows(await gatewayMetrics()), ...rows(await response.text())];
    expect(documented.toSorted(byName)).toEqual(real.toSorted(byName));
  });
});

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: string | { query: string } }[] };
}

/** Labels that Prometheus adds. */
const ADDED_LABELS = ['job', 'instance', 'le'];
/** Words of PromQL, and variables of the dashboard. */
const PROMQL_WORDS = /\b(?:sum|by|rate|increase|histogram_quantile|label_values)\b|\$\w+/g;

describe('deploy/grafana/rollcall.json', () => {
  const file = new URL('../../deploy/grafana/rollcall.json', import.meta.url);
  const { panels, templating } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
  const queries = [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
  ].filter((query) => query !== 'prometheus');

  it.each(queries)('queries existing metrics and labels: %s', (query) => {
    const bare = query.replaceAll(/"[^"]*"/g, '').replaceAll(PROMQL_WORDS, '');
    const names = bare.match(/rollcall_\w+/g) ?? [];
    expect(names).not.toEqual([]);
    const labels = new Set(ADDED_LABELS);
    for (const name of names) {
      const row = documented.find((each) =>
        [name, name.replace(/_bucket$/, '')].includes(each.name),
      );
      expect(row, name).toBeDefined();
      expect(row?.type === 'histogram', name).toBe(name.endsWith('_bucket'));
      for (const label of row?.labels.split(' ') ?? []) labels.add(label);
    }
    const words = bare.replaceAll(/rollcall_\w+/g, '').match(/[a-z_]+/g) ?? [];
    expect(words.filter((word) => !labels.has(word))).toEqual([]);
  });

  it('shows every metric of the gateway', () => {
    const missing = documented.filter(
      ({ name }) =>
        name.startsWith('rollcall_gateway_') && !queries.some((query) => query.includes(name)),
    );
    expect(missing).toEqual([]);
  });

  it('gives each panel its own id', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
