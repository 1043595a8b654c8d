import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { LIMITS } from '../../src/limits.ts';
import {
  afterwards,
  rawClient,
  fullBacklogServer,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from '../harness.ts';
import { forwardBy } from '../decisions.ts';
import { recordingServer, scriptedServer } from './vectors.ts';

describe('a request that takes too long in total', () => {
  const limits = { totalMs: 300 };
  it('without a response: 504, after any number of attempts', async () => {
    const hung = await httpServer((request) => afterwards(() => request.socket.destroy()));
    const { port } = await startProxy(forwardToEach(await fullBacklogServer(), hung), {
      limits: { ...limits, connectMs: 100 },
    });
    const answer = await sendRequest(port);
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-timeout' });
  });
  it('with an upstream that does not accept connections: 504, and no other is tried', async () => {
    const { there, reached } = await recordingServer();
    const { port } = await startProxy(forwardToEach(await fullBacklogServer(), there), { limits });
    expect((await sendRequest(port)).status).toBe(504);
    expect(reached).toEqual([]);
  });
  it('with a slow response: never a clean end', async () => {
    const drips = await httpServer((_request, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const { port } = await startProxy(forwardToEach(drips), { limits });
    const { write, all } = rawClient(port);
    write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await all).toMatch(/^HTTP\/1\.1 200 [^]*closed by a reset$/);
  });
  it('with a slow body: 504, and the upstream is released', async () => {
    const gone = deferred();
    const there = await httpServer((request) => request.on('close', () => gone.resolve()).resume());
    const { port } = await startProxy(forwardToEach(there), { limits });
    const { write, all } = rawClient(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n');
    const drip = setInterval(() => write('x'), 20);
    afterwards(() => clearInterval(drip));
    expect(await all).toMatch(/^HTTP\/1\.1 504 /);
    await gone.promise;
  });
  it('as a tunnel has no limit', async () => {
    const there = await scriptedServer((count) =>
      count === 0
        ? ['HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n']
        : ['late'],
    );
    const { port } = await startProxy(forwardToEach(there), { limits });
    const { write, heard } = rawClient(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    await heard(/101/);
    await new Promise((resolve) => setTimeout(resolve, 700));
    write('x');
    await heard(/late$/);
  });
});

describe('a route with its own limits', () => {
  it('uses these, and the proxy’s for the rest', async () => {
    const hung = await httpServer((request) => afterwards(() => request.socket.destroy()));
    const own = { ...LIMITS, answerMs: 100, bodyBytes: 4 };
    const { port } = await startProxy(
      ({ target }) => {
        const left = [hung];
        const forward = forwardBy(() => left.shift(), target);
        return target === '/own' ? { ...forward, limits: own } : forward;
      },
      { limits: { answerMs: 1000 } },
    );
    const begun = performance.now();
    const other = sendRequest(port).then(() => performance.now() - begun);
    expect((await sendRequest(port, { path: '/own' })).status).toBe(504);
    expect(performance.now() - begun).toBeLessThan(1000);
    const path = '/own';
    expect((await sendRequest(port, { path, method: 'POST', body: 'hello' })).status).toBe(413);
    expect(await other).toBeGreaterThan(1000);
  });
});
