import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countUp } from '../support/admin.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { GENERATE_V5, Load } from '../support/load.ts';
import { childrenOf, Mark } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

const GET = 'GET /v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n';

let cluster: Cluster;
let gateway: RunningGateway;
const mark = new Mark();
beforeEach(async () => {
  cluster = await Cluster.start();
  gateway = await cluster.gateway(['--workers', '2'], mark.env);
});
afterEach(async () => {
  await cluster.end();
  await mark.gone();
});

const workers = () => childrenOf(gateway.program.pid);

/** An instance of /v1 whose answers are the test's to give, or `ok` at once. */
async function instance(
  answer: (response: ServerResponse) => void = (response) => response.end('ok'),
) {
  const server = createServer((request, response) => {
    // What probes ask is none of it.
    if (request.headers['user-agent'] === 'rollcall') response.end();
    else answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await cluster.publish('register', { prefix: '/v1', address: '127.0.0.1', port });
  await gateway.program.line(/route registered/);
  return { port, close: () => server.close().closeAllConnections() };
}

/** The statuses of so many requests, each on a connection of its own, so that every worker has some. */
async function statuses(count = 32): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => ask(`${gateway.url}/v1/x`)),
  );
  return [...new Set(answers.map(({ status }) => status))];
}

async function connected(): Promise<Socket> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Asks on a connection that is kept. Fails if that is closed. */
async function askOn(socket: Socket): Promise<string> {
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(5000) });
  socket.write(GET);
  return String(await answer);
}

describe('a gateway with two workers', () => {
  it('routes by a change in every worker once it is logged', async () => {
    expect(workers()).toHaveLength(2);
    const { port, close } = await instance();
    expect(await statuses()).toEqual([200]);
    await cluster.publish('exit', { prefix: '/v1', address: '127.0.0.1', port });
    await gateway.program.line(/route unregistered/);
    expect(await statuses()).toEqual([503]);
    close();
  });

  it('learns from the traffic of workers that an instance is down', async () => {
    const { close } = await instance();
    close();
    await statuses(1);
    await gateway.program.line(/instance down .*its port refuses connections/);
  });

  it('replaces a killed worker, and affects only its connections', async () => {
    const { close } = await instance();
    const sockets: Socket[] = [];
    for (let index = 0; index < 24; index++) {
      const socket = await connected();
      expect(await askOn(socket)).toMatch(/200 OK/);
      sockets.push(socket);
    }
    const [first, second] = workers();
    if (first === undefined) throw new Error('there are no workers');
    process.kill(first, 'SIGKILL');
    await gateway.program.line(new RegExp(`worker ${first} ended \\(SIGKILL\\): replacing it`));
    const whole = sockets.filter(({ readableEnded, destroyed }) => !readableEnded && !destroyed);
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.length).toBeLessThan(sockets.length);
    for (const socket of whole) expect(await askOn(socket)).toMatch(/200 OK/);
    expect(await statuses()).toEqual([200]);
    await gateway.program.line(/worker is ready worker=\d+/);
    expect(workers()).toHaveLength(2);
    expect(workers()).toContain(second);
    for (const socket of sockets) socket.destroy();
    // The new one knows what the others do: nobody is asked but it.
    if (second !== undefined) process.kill(second, 'SIGKILL');
    await gateway.program.line(new RegExp(`worker ${second} ended`));
    expect(await statuses()).toEqual([200]);
    close();
  });

  it('fails no request while instances are replaced', async () => {
    let current = await cluster.idV5('first');
    await gateway.program.line(/route registered/);
    const load = new Load(gateway.url, [GENERATE_V5], { connections: 16 });
    for (const name of ['second', 'third']) {
      const next = await cluster.idV5(name);
      await expect.poll(() => countUp(gateway, '/v1')).toBe(2);
      current.kill('SIGTERM');
      expect(await current.ended).toEqual({ code: 0, signal: null });
      current = next;
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(100);
  });

  it('finishes requests in flight when all its processes are signalled', async () => {
    const waiting: ServerResponse[] = [];
    const { close } = await instance((response) => waiting.push(response));
    const answer = ask(`${gateway.url}/v1/x`);
    await vi.waitUntil(() => waiting.length === 1);
    // As a terminal does.
    for (const pid of workers()) process.kill(pid, 'SIGINT');
    gateway.program.kill('SIGINT');
    await vi.waitFor(async () => await expect(connected()).rejects.toThrow('ECONNREFUSED'));
    waiting[0]?.end('late');
    expect(await answer).toMatchObject({ status: 200, body: 'late' });
    expect(await gateway.program.ended).toEqual({ code: 0, signal: null });
    expect(mark.processes()).toEqual([]);
    close();
  });

  it('exposes the sum of all workers’ metrics, also after one is killed', async () => {
    const { close } = await instance();
    const counted = async (): Promise<number> => {
      const { body } = await ask(`${gateway.adminUrl}/metrics`);
      const sample = /^rollcall_gateway_requests_total\{route="\/v1",status="2xx"\} (\d+)$/m;
      return Number(sample.exec(body)?.[1] ?? 0);
    };
    await statuses();
    await vi.waitFor(async () => expect(await counted()).toBe(32));
    const [first = 0] = workers();
    process.kill(first, 'SIGKILL');
    await gateway.program.line(/worker is ready worker=\d+/);
    expect(await counted()).toBe(32);
    await statuses();
    await vi.waitFor(async () => expect(await counted()).toBe(64));
    close();
  });

  it('logs each request of every worker', async () => {
    const another = await cluster.gateway(['--workers', '2', '--access-log', 'stdout'], mark.env);
    for (const path of ['/one?secret=1', '/two?secret=1']) await ask(another.url + path);
    const lines = await Promise.all(
      ['one', 'two'].map((name) =>
        another.program.line(new RegExp(`^\\{.*"path":"/${name}".*\\}$`)),
      ),
    );
    for (const [line] of lines) expect(JSON.parse(line)).toMatchObject({ status: 404 });
    expect(another.program.output).not.toContain('secret');
  });

  it('ends its workers, even when it is killed', async () => {
    gateway.program.kill('SIGKILL');
    await gateway.program.ended;
    await mark.gone();
  });

  it('reports once that its port is in use', async () => {
    const { port } = new URL(gateway.url);
    const admin = String(await freePort());
    const places = ['--port', port, '--admin-port', admin];
    const another = cluster.cli(['gateway', ...places, '--workers', '2']);
    expect(await another.ended).toEqual({ code: 3, signal: null });
    expect(another.output).toMatch(/^rollcall: port \d+ on 127\.0\.0\.1 is taken: [^\n]*$/);
  });
});
