import { expect, it } from 'vitest';
import { MetricsRegistry } from '../../src/metrics/metrics-registry.ts';
import { newCounts, observeSeconds } from '../../src/traffic/counts.ts';

it('has series for a thousand routes, and one that sums all others, however many come', async () => {
  const metrics = new MetricsRegistry();
  const routes = Array.from({ length: 63_000 }, (_, at) => `/s${at}`);
  metrics.gauge({ name: 'instances', help: 'Instances' }, () =>
    routes.flatMap((route) => [
      [{ route, status: 'healthy' }, 1] as const,
      [{ route, status: 'down' }, 2] as const,
    ]),
  );
  const counts = newCounts();
  observeSeconds(counts, 0.01);
  metrics.histogram({ name: 'request_seconds', help: 'Time' }, () =>
    routes.map((route) => [{ route }, counts] as const),
  );
  const text = await metrics.registry.metrics();
  expect(text).toContain('rollcall_gateway_instances{route="/s999",status="down"} 2');
  expect(text).not.toContain('route="/s1000"');
  expect(text).toContain('rollcall_gateway_instances{route="others",status="healthy"} 62000');
  expect(text).toContain('rollcall_gateway_instances{route="others",status="down"} 124000');
  expect(text).toContain('rollcall_gateway_request_seconds_count{route="others"} 62000');
  expect(counts[counts.length - 1]).toBe(0);
  expect(text.length).toBeLessThan(2_000_000);
});

it('shows as many instances of one route', async () => {
  const metrics = new MetricsRegistry();
  metrics.counter({ name: 'requests_total', help: 'Requests' }, () =>
    Array.from({ length: 1003 }, (_, at) => [{ route: '/v1', upstream: `i${at}` }, 1] as const),
  );
  const text = await metrics.registry.metrics();
  expect(text).toContain('{route="/v1",upstream="i999"} 1');
  expect(text).toContain('{route="others",upstream="others"} 3');
});
