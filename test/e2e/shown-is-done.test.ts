import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { InstanceView } from '@rollcall/gateway';
import { explained } from '../support/admin.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { httpServer } from '../support/http-server.ts';

const TOKEN = 'a-token-of-enough-length';

let cluster: Cluster;
const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await cluster.end();
});

interface Service {
  readonly port: number;
  /** Requests that were sent to it, without probes. */
  requests: number;
  answer: (response: ServerResponse) => void;
  close(): void;
}

async function service(): Promise<Service> {
  const server = await httpServer((request, response) => {
    if (request.url === '/health') {
      response.end();
      return;
    }
    made.requests++;
    made.answer(response);
  });
  const made: Service = {
    port: server.port,
    requests: 0,
    answer: (response) => response.end('ok'),
    close: () => server.close(),
  };
  closing.push(() => made.close());
  await cluster.publish('register', { prefix: '/v1', address: '127.0.0.1', port: made.port });
  return made;
}

async function json<T>(gateway: RunningGateway, path: string): Promise<T> {
  return JSON.parse((await ask(`${gateway.adminUrl}${path}`)).body) as T;
}

interface Check {
  readonly Status: string;
  readonly Output: string;
}

/** What each surface says of one instance: its state, and whether it receives traffic. */
async function shown(gateway: RunningGateway, { port }: Service) {
  const { instances } = await json<{ instances: InstanceView[] }>(gateway, '/api/instances');
  const api = instances.find(({ announcement }) => announcement.port === port);
  const explanation = await explained(gateway, '/v1/x');
  const line = explanation.instances.find(({ announcement }) => announcement.port === port);
  const entries = await json<{ Service: { Port: number }; Checks: Check[] }[]>(
    gateway,
    '/v1/health/service/v1',
  );
  const [check] = entries.find(({ Service: { Port } }) => Port === port)?.Checks ?? [];
  const sd = await json<{ targets: string[]; labels: Record<string, string> }[]>(
    gateway,
    '/sd/prometheus',
  );
  const target = sd.find(({ targets }) => targets[0]?.endsWith(`:${port}`));
  const traefik = JSON.stringify(await json(gateway, '/sd/traefik'));
  const states = [
    api?.state,
    line?.state,
    check?.Output.split(':')[0],
    target?.labels['__meta_rollcall_state'],
  ];
  const routed = [
    api?.isRoutable,
    line?.isRoutable,
    check?.Status === 'passing',
    target?.labels['__meta_rollcall_health'] === 'passing',
    traefik.includes(`:${port}"`),
  ];
  return { states: [...new Set(states)], routed: [...new Set(routed)], api };
}

/** Sends requests on many connections, so that every worker has some; returns how many each service received. */
async function received(gateway: RunningGateway, services: readonly Service[]): Promise<number[]> {
  const before = services.map(({ requests }) => requests);
  for (let round = 0; round < 4; round++)
    await Promise.all(Array.from({ length: 24 }, () => ask(`${gateway.url}/v1/x`)));
  return services.map(({ requests }, index) => requests - (before[index] ?? 0));
}

/** Resolves when every surface shows an instance in this state. */
function is(gateway: RunningGateway, each: Service, state: string, isRouted: boolean) {
  return vi.waitFor(async () => {
    const { states, routed } = await shown(gateway, each);
    expect({ states, routed }).toEqual({ states: [state], routed: [isRouted] });
  }, 10_000);
}

/** A gateway with three instances, all of which it has as healthy. */
async function start(workers: number, baseEjectionMs: number) {
  cluster = await Cluster.start();
  const gateway = await cluster.gateway(
    [
      ...(workers === 1 ? [] : ['--workers', String(workers)]),
      '--set',
      `ejection.baseEjectionMs=${baseEjectionMs}`,
    ],
    { ROLLCALL_ADMIN_TOKEN: TOKEN },
  );
  const services = [await service(), await service(), await service()] as const;
  for (const each of services) await is(gateway, each, 'healthy', true);
  return { gateway, services };
}

/** Longer than the test takes. */
const LONG_MS = 300_000;

describe.each([1, 2])('what a gateway of %i processes shows of an instance', (workers) => {
  it('is what it does, in every state', async () => {
    const { gateway, services } = await start(workers, LONG_MS);
    const [one, two, three] = services;
    expect((await received(gateway, services)).every((count) => count > 0)).toBe(true);

    // Ejected: by each worker for itself, and everywhere with the reason and the end.
    one.answer = (response) => response.writeHead(503).end();
    await vi.waitFor(async () => {
      await received(gateway, services);
      const ejection = { processes: workers, of: workers, isIgnored: false };
      expect((await shown(gateway, one)).api).toMatchObject({ ejection });
    });
    await is(gateway, one, 'ejected', false);
    const { api } = await shown(gateway, one);
    expect(api?.ejection?.why).toBe('5 failed requests in a row: 503 ×5');
    expect(Date.parse(api?.ejection?.until ?? '')).toBeGreaterThan(Date.now());
    const [toEjected, toSecond] = await received(gateway, services);
    expect([toEjected, (toSecond ?? 0) > 0]).toEqual([0, true]);
    expect((await ask(`${gateway.adminUrl}/metrics`)).body).toContain(
      'rollcall_gateway_instances{route="/v1",status="ejected"} 1',
    );
    await gateway.program.line(/instance ejected .*\/v1 -> .*5 failed requests in a row: 503 ×5; /);
    const top = cluster.cli(['top', '--once', '--admin', gateway.adminUrl]);
    await top.line(/ejected/);

    // Drained: only once its last request has finished.
    let finish: (() => void) | undefined;
    two.answer = (response) => {
      finish = () => response.end('late');
    };
    const waiting = [];
    while (finish === undefined) {
      waiting.push(ask(`${gateway.url}/v1/x`));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const held = finish;
    const key = (await shown(gateway, two)).api?.key ?? '';
    two.answer = (response) => response.end('ok');
    const drain = await fetch(
      `${gateway.adminUrl}/api/instances/${encodeURIComponent(key)}/drain`,
      { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } },
    );
    expect(await drain.json()).toMatchObject({ state: 'draining', isRoutable: false });
    expect((await shown(gateway, two)).states).toEqual(['draining']);
    expect((await received(gateway, services))[1]).toBe(0);
    held();
    await Promise.all(waiting);
    await is(gateway, two, 'drained', false);
    await gateway.program.line(/instance drained /);

    // Down.
    three.close();
    await is(gateway, three, 'down', false);

    // An ejected instance is better than none.
    one.answer = (response) => response.end('ok');
    expect((await ask(`${gateway.url}/v1/x`)).body).toBe('ok');
  });

  it('is healthy again when its ejection is over', async () => {
    const { gateway, services } = await start(workers, 1000);
    const [one] = services;
    one.answer = (response) => response.writeHead(503).end();
    await vi.waitFor(async () => {
      await received(gateway, services);
      expect(gateway.program.output).toMatch(/instance ejected/);
    });
    one.answer = (response) => response.end('ok');
    await gateway.program.line(/instance returned .*its ejection is over/);
    await is(gateway, one, 'healthy', true);
    expect((await received(gateway, services))[0]).toBeGreaterThan(0);
  });
});
