import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis } from '../support/available.ts';
import { Container } from '../support/container.ts';
import { ROOT } from '../support/document.ts';
import { Network, whyNoNamespaces } from '../support/network.ts';
import type { Host } from '../support/network.ts';
import { Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly [
    {
      readonly args?: readonly string[];
      readonly command?: readonly string[];
      readonly env: readonly { readonly name: string; readonly value?: string }[];
      readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } };
      readonly readinessProbe: { readonly exec?: { readonly command: string[] } };
    },
  ];
}

interface Deployment {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: Pod } };
}

function podOf(file: string): Pod {
  const text = readFileSync(join(ROOT, 'deploy/kubernetes', file), 'utf8');
  const all = parseAllDocuments(text).map((each) => each.toJS() as Deployment);
  const pod = all.find(({ kind }) => kind === 'Deployment')?.spec.template.spec;
  if (pod === undefined) throw new Error(`${file} has no deployment`);
  return pod;
}

/** The variables of a pod. Those without a value are secrets. */
function environmentOf(pod: Pod, secret: string, others: Environment = {}): Environment {
  const [{ env }] = pod.containers;
  const values = env.map(({ name, value = secret }) => [name, value] as const);
  const known = new Map(values);
  return {
    ...others,
    ...Object.fromEntries(
      values.map(([name, value]) => [
        name,
        value.replace(/\$\((\w+)\)/g, (match, inner: string) => known.get(inner) ?? match),
      ]),
    ),
  };
}

const PASSWORD = 'password-of-redis';
const APP = {
  PUSHER_APP_ID: '7',
  PUSHER_APP_KEY: 'key-of-the-app',
  PUSHER_APP_SECRET: 'secret-of-the-app',
  PUSHER_HOST: 'rollcall-broker',
  PUSHER_PORT: '6001',
};
const why = whyNoNamespaces();

// Skipped without redis-server (apt-get install redis-server).
describe.skipIf(why !== undefined || !hasRedis)(
  `the pods of deploy/kubernetes${why ? ` (skipped: ${why})` : ''}`,
  { timeout: 90_000 },
  () => {
    const network = new Network();
    const programs = new Programs();
    const redis = podOf('redis.yaml');
    const broker = podOf('broker.yaml');
    let redisAt: Container;
    let brokerAt: Container;
    let running: RunningProgram;
    beforeAll(async () => {
      const hosts: Host[] = [await network.host(), await network.host()];
      const [one, other] = hosts as [Host, Host];
      const names = [['rollcall-redis', one.address]] as const;
      const { runAsUser, runAsGroup } = redis.securityContext;
      redisAt = new Container(programs, one, {
        env: environmentOf(redis, PASSWORD),
        names,
        user: `${runAsUser}:${runAsGroup}`,
      });
      brokerAt = new Container(programs, other, {
        env: environmentOf(broker, PASSWORD, APP),
        names,
      });
      running = brokerAt.rollcall(broker.containers[0].args ?? []);
      await running.line(/broker listens/);
    });
    afterAll(async () => {
      await programs.endAll();
      for (const each of [redisAt, brokerAt]) each.end();
      await network.end();
    });

    it('a broker runs, but is given no clients, until it reaches Redis', async () => {
      const at = `http://${brokerAt.host.address}:6001`;
      expect(await brokerAt.get(`${at}/up`)).toMatch(/^200 /);
      expect(await brokerAt.get(`${at}/ready`)).toMatch(/^503 /);
      const [{ command = [], readinessProbe }] = redis.containers;
      await redisAt.run(command).line(/Ready to accept connections/);
      const test = ['CMD', ...(readinessProbe.exec?.command ?? [])];
      expect(await redisAt.isHealthy({ test })).toBe(true);
      await running.line(/joined the cluster/);
      expect(await brokerAt.get(`${at}/ready`)).toMatch(/^200 /);
    });

    it('its metrics can be scraped from another pod', async () => {
      const url = `http://${brokerAt.host.address}:9601/metrics`;
      expect(await redisAt.get(url)).toMatch(/^200 .*rollcall_broker_cluster_nodes 1$/ms);
    });

    it('a broker stops within its grace period, of which it waits the first seconds', async () => {
      const started = performance.now();
      const { command } = broker.containers[0].lifecycle?.preStop.exec ?? { command: [] };
      expect((await brokerAt.run(command).ended).code).toBe(0);
      running.kill('SIGTERM');
      expect(await running.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - started).toBeLessThan(
        broker.terminationGracePeriodSeconds * 1_000,
      );
    });
  },
);
