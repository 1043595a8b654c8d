import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explained } from '../../support/admin.ts';
import { BrokerCluster } from '../../support/cluster.ts';
import type { RunningGateway } from '../../support/cluster.ts';

let cluster: BrokerCluster;
let gateway: RunningGateway;
beforeEach(async () => {
  cluster = await BrokerCluster.startWith('embedded');
  gateway = await cluster.gateway();
});
afterEach(() => cluster.end());

const TIME = String.raw`\d\d:\d\d:\d\d\.\d{3}`;

/** The output of `rollcall explain` without its times, and without the settings of the route. */
async function explanation(path: string): Promise<{ verdict: string; sections: string[][] }> {
  const program = cluster.cli(['explain', path, '--admin', gateway.adminUrl]);
  expect((await program.ended).code).toBe(0);
  const [verdict = '', ...sections] = program.output.split('\n\n');
  const lines = sections.map((section) => section.split('\n').map(untimed));
  return { verdict, sections: lines.filter(([head = '']) => !head.startsWith('route ')) };
}

function untimed(line: string): string {
  return line.replace(new RegExp(`^  ${TIME}  `), '').replace(new RegExp(` until ${TIME}`), '');
}

/** How many probes the first instance has passed in a row. */
async function probes(): Promise<number> {
  const latest = (await explained(gateway, '/v1')).instances[0]?.history.at(-1);
  return latest?.what === 'probe: ok' ? latest.times : 0;
}

/** A probe has just ended: the next one comes 800 ms later. */
async function afterProbe(): Promise<void> {
  await expect.poll(probes).toBeGreaterThan(0);
  const seen = await probes();
  await expect.poll(probes, { interval: 10 }).toBeGreaterThan(seen);
}

const REGISTERED = [
  expect.stringMatching(/^register from its owner \(inc \d+, seq 0\) -> registered: it announced/),
  'presence: joined',
  expect.stringMatching(/^probe: ok, \d+ times$/),
];

describe('rollcall explain', () => {
  it('shows for a whole URL and a method what a request would get', async () => {
    await cluster.idV5('one');
    await gateway.program.line(/route registered/);
    const explain = (...args: string[]) =>
      cluster.cli(['explain', ...args, '--admin', gateway.adminUrl]);
    const escaping = explain('http://localhost/v1/../x', '--method', 'post');
    await escaping.line(/goes nowhere \(400\): The path leaves the prefix \/v1/);
    const elsewhere = explain('/v1/x', '--host', 'x.example', '--header', 'cookie: a=b');
    await elsewhere.line(/goes nowhere \(404\): This gateway does not serve the host/);
    await explain('/v1/generate?n=1').line(/instance receives: \/generate\?n=1/);
  });

  it('shows a crash: present, then gone, then refusing connections', async () => {
    const service = await cluster.idV5('one');
    await gateway.program.line(/route registered/);
    await afterProbe();
    service.kill('SIGKILL');
    await gateway.program.line(/instance down/);

    const { verdict, sections } = await explanation('/v1/generate');
    expect(verdict).toBe(
      '/v1/generate goes nowhere (503): 0 of 1 instances of /v1 receive traffic',
    );
    const [[head, ...history] = []] = sections;
    expect(head).toMatch(/^127\.0\.0\.1 port \d+ {2}down, receives no traffic {2}\S+$/);
    expect(history.slice(0, 5)).toEqual([
      ...REGISTERED,
      'presence: gone -> suspected: it is gone from its presence channel',
      'probe: refused -> down: its port refuses connections',
    ]);
  });

  it('shows an exit, and that the other instance receives the traffic', async () => {
    const leaves = await cluster.idV5('leaves');
    await gateway.program.line(/route registered/);
    await afterProbe();
    await cluster.idV5('stays');
    leaves.kill('SIGTERM');
    await gateway.program.line(/route unregistered/);

    const { verdict, sections } = await explanation('/v1/generate');
    expect(verdict).toBe('/v1/generate goes to 1 of 1 instances of /v1');
    const [stays, gone, link] = sections;
    expect(stays?.[0]).toMatch(/ {2}healthy, receives traffic {2}\S+$/);
    expect(gone?.[0]).toMatch(/^left {2}\S+$/);
    expect(gone?.slice(1)).toEqual([
      ...REGISTERED,
      expect.stringMatching(/^exit from its owner \(inc \d+, seq 0\) -> left: it has left$/),
    ]);
    expect(link).toEqual(['connection to the broker', 'connected']);
  });

  it('shows why an announcement was refused', async () => {
    await cluster.publish('register', { prefix: '/v1', port: 80, address: '169.254.169.254' });
    await gateway.program.line(/refused register/);
    const { verdict, sections } = await explanation('/v1/generate');
    expect(verdict).toBe(
      '/v1/generate goes nowhere (404): no service has registered a prefix of this path',
    );
    expect(sections.at(-1)).toEqual([
      'refused messages',
      expect.stringMatching(/^register \(bad-address\): address "169\.254\.169\.254"/),
    ]);
  });
});
