import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Change, Instance } from '@rollcall/client';
import { ask } from '../../../../test/support/cluster.ts';
import { TO_WORKER } from '../../src/workers/messages.ts';
import type { FromWorker, ToWorker } from '../../src/workers/messages.ts';
import { Worker } from '../../src/workers/worker.ts';
import { dataPlaneSettings } from '../data-plane-settings.ts';
import { freePort } from '../../../../test/support/free-port.js';

const settings = dataPlaneSettings({ domain: '*' });

describe('a worker', () => {
  let port: number;
  let upstream: number;
  let said: FromWorker[];
  let worker: Worker;
  let held: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (request.url === '/held') held = response;
    else response.end('ok');
  });
  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    upstream = (server.address() as AddressInfo).port;
    port = await freePort();
    said = [];
    worker = new Worker((message) => said.push(message));
  });
  afterEach(async () => {
    await tell({ type: 'close' });
    server.close().closeAllConnections();
  });

  const tell = (message: ToWorker): Promise<boolean> =>
    worker.receive(TO_WORKER.encode(message, performance.timeOrigin));
  const begin = (instances: Instance[] = []): Promise<boolean> => {
    const table = { prefixes: ['/v1'], instances };
    const rest = { settings, table, splits: [], isTableComplete: true };
    return tell({ type: 'begin', ...rest, host: '127.0.0.1', ports: { port } });
  };
  const instance = (): Instance => {
    const announcement = { prefix: '/v1', port: upstream, address: '127.0.0.1' };
    return { key: 'a', announcement, status: 'healthy', since: 0 };
  };
  const change = (type: Change['type'], number: number): ToWorker => ({
    type: 'change',
    number,
    change: { type, instance: instance(), why: '' },
  });
  const status = async (): Promise<number> => (await ask(`http://127.0.0.1:${port}/v1/x`)).status;

  it('routes by the table, and by each change that it has acknowledged', async () => {
    await begin([instance()]);
    expect(said).toEqual([{ type: 'listening' }]);
    expect(await status()).toBe(200);
    await tell(change('left', 7));
    expect(said.at(-1)).toEqual({ type: 'applied', number: 7 });
    expect(await status()).toBe(503);
  });

  it('applies changes that arrive before it listens', async () => {
    const begun = begin();
    await tell(change('registered', 1));
    await begun;
    expect(await status()).toBe(200);
  });

  it('reports its counts, and the rest when it closes', async () => {
    await begin([instance()]);
    await status();
    await vi.waitFor(() => expect(said.at(-1)?.type).toBe('report'), 3000);
    expect(said.at(-1)).toMatchObject({ traffic: { instances: [['a', {}]] } });
    await status();
    expect(await tell({ type: 'close' })).toBe(true);
    expect(said.at(-1)).toMatchObject({ type: 'report', traffic: { instances: [['a', {}]] } });
  });

  it('reports soon when the last request to a draining instance has finished', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await begin([instance()]);
    const arrived = once(server, 'request');
    const answer = ask(`http://127.0.0.1:${port}/v1/held`);
    await arrived;
    const drained: Change = {
      type: 'updated',
      instance: { ...instance(), isDrained: true },
      why: '',
    };
    await tell({ type: 'change', number: 1, change: drained });
    expect(said.at(-2)).toMatchObject({ load: { inFlight: [['a', 1]] } });
    held?.end();
    await answer;
    await vi.advanceTimersByTimeAsync(200);
    expect(said.at(-1)).toMatchObject({ load: { inFlight: [] } });
  });

  it('reports instances that it could not reach', async () => {
    server.close();
    await begin([instance()]);
    await status();
    expect(said).toContainEqual({ type: 'outcome', key: 'a', verdict: 'refused' });
  });
});
