import type { InstanceView, ServiceView, TrafficView } from '@rollcall/gateway';
import { describe, expect, it } from 'vitest';
import { ratesOf } from '../../src/top/rates.ts';
import { lineText } from '../../src/terminal/line.ts';
import { asJson, EVERYTHING, viewOf } from '../../src/top/view.ts';
import type { Choice, Sample } from '../../src/top/view.ts';
import { statusAt } from './status.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

/** The text of `rollcall top`, without colours. */
function linesOf(of: Sample, choice: Partial<Choice> = {}): string[] {
  const { head, rows } = viewOf(of, { ...EVERYTHING, ...choice });
  return [...head, ...rows].map((line) => lineText(line, false));
}

/** The ports of the instances in the table, in their order. */
function portsOf(of: Sample, choice: Partial<Choice> = {}): number[] {
  return linesOf(of, choice).flatMap((line) => {
    const port = /^ {2}10\.0\.0\.7:(\d+)/.exec(line)?.[1];
    return port === undefined ? [] : [Number(port)];
  });
}

function window(secondsAgo: number, requests: number, errors = 0, p50?: number, p99?: number) {
  const at = NOW - secondsAgo * 1000;
  return { at, seconds: 5, requests, errors, ...(p50 && { p50 }), ...(p99 && { p99 }) };
}

function traffic(...history: TrafficView['history']): TrafficView {
  return { requests: 1000, errors: 10, history };
}

describe('the instances of a service in top', () => {
  it('begin with the ones that are not healthy', () => {
    const instances = [instance(3000), instance(3001, { state: 'ejected' }), instance(3002)];
    expect(portsOf({ status, services, instances })).toEqual([3001, 3000, 3002]);
  });

  it('are sorted by requests, errors, time to respond, or age', () => {
    const rated = (port: number, requests: number, errors: number, p99: number, age: number) =>
      instance(port, {
        traffic: traffic(window(5, requests, errors, 1, p99)),
        since: NOW - age,
      });
    const instances = [rated(3000, 50, 1, 20, 300), rated(3001, 90, 0, 10, 200)];
    const of = { status, services, instances: [...instances, instance(3002)] };
    expect(portsOf(of, { sort: 'requests' })).toEqual([3001, 3000, 3002]);
    expect(portsOf(of, { sort: 'errors' })).toEqual([3000, 3001, 3002]);
    expect(portsOf(of, { sort: 'p99' })).toEqual([3000, 3001, 3002]);
    expect(portsOf(of, { sort: 'age' })).toEqual([3001, 3000, 3002]);
  });

  it('are filtered by prefix, name, address, zone or state', () => {
    const zoned = { prefix: '/v1', address: '10.0.0.7', port: 3001, name: 'web', zone: 'eu-1' };
    const instances = [
      instance(3000, { state: 'down' }),
      instance(3001, { announcement: zoned }),
      instance(3002),
    ];
    const of = { status, services, instances };
    expect(portsOf(of, { filter: 'DOWN' })).toEqual([3000]);
    expect(portsOf(of, { filter: 'eu-' })).toEqual([3001]);
    expect(portsOf(of, { filter: ':3002' })).toEqual([3002]);
    expect(portsOf(of, { filter: '/v1' })).toEqual([3000, 3001, 3002]);
    expect(linesOf(of, { filter: 'nothing' })).toEqual([
      ...linesOf(of).slice(0, 3),
      'no instance has "nothing"',
    ]);
  });
});

describe('the services in top', () => {
  it('begin with the one that has the worst instance', () => {
    const [first] = services;
    if (first === undefined) throw new Error('there is a service');
    const other = { prefix: '/a', address: '10.0.0.7', port: 4000 };
    const of = {
      status,
      services: [{ ...first, prefix: '/a' }, first],
      instances: [instance(4000, { announcement: other }), instance(3000, { state: 'down' })],
    };
    expect(portsOf(of)).toEqual([3000, 4000]);
  });
});

describe('rates', () => {
  it('are of the last ten seconds only', () => {
    const busy = traffic(
      window(60, 5000, 5000, 900, 900),
      window(10, 50, 1, 2, 8),
      window(5, 30, 1, 3, 9),
    );
    expect(ratesOf(busy, NOW)).toEqual({ requestsPerSecond: 8, errors: 2 / 80, p50: 3, p99: 9 });
  });

  it('are undefined before the first request, and 0 without recent requests', () => {
    expect(ratesOf(undefined, NOW)).toBeUndefined();
    expect(ratesOf(traffic(window(60, 9)), NOW)).toEqual({ requestsPerSecond: 0, errors: 0 });
  });
});

function instance(port: number, rest: Partial<InstanceView> = {}): InstanceView {
  return {
    key: `key-${port}`,
    announcement: { prefix: '/v1', address: '10.0.0.7', port, name: 'web' },
    status: 'healthy',
    state: 'healthy',
    isRoutable: true,
    isDrained: false,
    inFlight: 0,
    since: NOW - 180_000,
    evidence: {},
    ...rest,
  };
}

const status = statusAt(NOW);
const services: ServiceView[] = [
  {
    prefix: '/v1',
    names: ['web'],
    instances: 3,
    healthy: 2,
    suspect: 0,
    down: 1,
    ejected: 0,
    draining: 0,
    drained: 0,
    routable: 1,
    isSuspect: false,
  },
];
const sample: Sample = {
  status,
  services,
  instances: [
    instance(3000, {
      traffic: traffic(window(10, 90, 0, 1.25, 12.4), window(5, 110, 10, 1.5, 14)),
    }),
    instance(3001, { status: 'down', state: 'down', isRoutable: false }),
    instance(3002, { state: 'drained', isDrained: true, isRoutable: false }),
  ],
};

describe('rollcall top', () => {
  it('shows each service and, below it, its instances, in columns', () => {
    expect(linesOf(sample)).toEqual([
      'http://127.0.0.1:1500  1 service, 3 instances',
      'connected to broker:6001 for 2 h',
      '',
      'SERVICE          NAME  STATE    AGE    REQ/S   ERRORS  P50 MS  P99 MS',
      '/v1                    1 of 3            20.0   5.0 %       -       -',
      '  10.0.0.7:3001  web   down     3 min       -       -       -       -',
      '  10.0.0.7:3002  web   drained  3 min       -       -       -       -',
      '  10.0.0.7:3000  web   healthy  3 min    20.0   5.0 %     1.5      14',
    ]);
  });

  it('shows the version of an instance beside its name', () => {
    const announcement = { prefix: '/v1', address: '10.0.0.7', port: 3003, version: '1.5' };
    const named = { ...announcement, port: 3004, name: 'web' };
    const instances = [
      instance(3002),
      instance(3003, { announcement }),
      instance(3004, { announcement: named }),
    ];
    expect(linesOf({ ...sample, instances }).slice(3)).toEqual([
      'SERVICE          NAME     STATE    AGE    REQ/S   ERRORS  P50 MS  P99 MS',
      '/v1                       1 of 3               -       -       -       -',
      '  10.0.0.7:3002  web      healthy  3 min       -       -       -       -',
      '  10.0.0.7:3003  1.5      healthy  3 min       -       -       -       -',
      '  10.0.0.7:3004  web 1.5  healthy  3 min       -       -       -       -',
    ]);
    expect(portsOf({ ...sample, instances }, { filter: '1.5' })).toEqual([3003, 3004]);
  });

  it('shows in capitals that the gateway is disconnected from the broker', () => {
    const discovery = { ...status.discovery, state: 'disconnected' as const, since: NOW - 60_000 };
    const lost = { ...status, discovery };
    expect(linesOf({ ...sample, status: lost })[1]).toContain(
      'DISCONNECTED from broker:6001 for 60 s',
    );
  });

  it('shows that no instance of a service is healthy', () => {
    const doubted = services.map((each) => ({ ...each, isSuspect: true }));
    expect(linesOf({ ...sample, services: doubted })[4]).toContain('1 of 3, all suspect');
  });

  it('prints the same figures as one line of JSON', () => {
    const text = asJson(sample);
    expect(text).not.toContain('\n');
    expect(JSON.parse(text)).toMatchObject({
      time: '2026-01-01T12:00:00.000Z',
      discovery: 'connected',
      instances: [
        {
          port: 3000,
          state: 'healthy',
          requestsPerSecond: 20,
          errors: 0.05,
          p50: 1.5,
          p99: 14,
        },
        { port: 3001, state: 'down' },
        { port: 3002, state: 'drained' },
      ],
    });
  });
});
