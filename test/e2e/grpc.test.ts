import { once } from 'node:events';
import { Client, credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { countUp } from '../support/admin.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import type { RunningProgram } from '../support/processes.ts';

const SERVICE = new URL('../support/grpc-service.js', import.meta.url).pathname;
const ROUTE = '/test.Greeter';
const bytes = (value: Buffer): Buffer => value;

let cluster: Cluster;
let gateway: RunningGateway;
let client: Client;
beforeEach(async () => {
  cluster = await Cluster.start();
  gateway = await cluster.gateway();
  client = new Client(new URL(gateway.url).host, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await cluster.end();
});

async function instance(name: string, health = '1'): Promise<RunningProgram> {
  const program = cluster.programs.node(SERVICE, [name, health], cluster.env);
  await program.line(/^registered$/);
  return program;
}

function hello(path = `${ROUTE}/Hello`): Promise<string> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      bytes,
      bytes,
      Buffer.from('x'),
      (error: ServiceError | null, value?: Buffer) =>
        error === null ? resolve(String(value)) : reject(error),
    );
  });
}

it('calls and streams of gRPC reach instances that register, and are explained', async () => {
  await instance('one');
  await expect.poll(() => countUp(gateway, ROUTE)).toBe(1);
  expect(await hello()).toBe('one');
  const chat = client.makeBidiStreamRequest(`${ROUTE}/Chat`, bytes, bytes);
  for (let turn = 0; turn < 3; turn++) {
    chat.write(Buffer.from('x'));
    const [heard] = (await once(chat, 'data')) as [Buffer];
    expect(String(heard)).toBe('one');
  }
  chat.end();
  chat.resume();
  await once(chat, 'status');
  await expect(hello('/test.Nothing/Hello')).rejects.toMatchObject({ code: 12 });
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(
    /rollcall_gateway_grpc_calls_total\{route="\/test.Greeter",status="0"\} 2/,
  );
  expect(metrics).toMatch(/rollcall_gateway_grpc_calls_total\{route="none",status="12"\} 1/);
});

it('an instance whose health service does not answer SERVING is down', async () => {
  await instance('well');
  await instance('unwell', '2');
  await gateway.program.line(/instance down .*GRPC \/ answered 503/);
  await expect.poll(() => countUp(gateway, ROUTE)).toBe(1);
  const heard = await Promise.all(Array.from({ length: 10 }, () => hello()));
  expect(new Set(heard)).toEqual(new Set(['well']));
});

it('a rolling restart under load fails no call', async () => {
  let instances = await Promise.all(['a', 'b', 'c'].map((name) => instance(name)));
  await expect.poll(() => countUp(gateway, ROUTE)).toBe(3);
  const failures: string[] = [];
  const answeredBy = new Set<string>();
  let answered = 0;
  let isStopped = false;
  const callers = Array.from({ length: 32 }, async () => {
    while (!isStopped) {
      try {
        answeredBy.add(await hello());
        answered++;
      } catch (error) {
        failures.push(String(error));
      }
    }
  });
  for (let round = 1; round <= 2; round++) {
    for (const [index, program] of instances.entries()) {
      const name = `${index} of round ${round}`;
      program.kill('SIGTERM');
      await program.ended;
      instances = instances.with(index, await instance(name));
      await expect.poll(() => answeredBy.has(name), { timeout: 10_000 }).toBe(true);
    }
  }
  isStopped = true;
  await Promise.all(callers);
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(1000);
}, 180_000);
