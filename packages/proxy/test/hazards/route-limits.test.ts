import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { LIMITS } from '../../src/limits.ts';
import { afterwards, client, unconnectableServer, send, start, to, upstream } from '../harness.ts';
import { forwardBy } from '../decisions.ts';
import { recording, speaking } from './vectors.ts';

describe('a request that takes too long in total', () => {
  const limits = { totalMs: 300 };
  /** For what has to begin before that, on a machine that has other work. */
  const later = { totalMs: 1500 };
  it('without a response: 504, however often it was tried', async () => {
    const hung = await upstream((request) => afterwards(() => request.socket.destroy()));
    const { port } = await start(to(await unconnectableServer(), hung), {
      limits: { ...limits, connectMs: 100 },
    });
    const answer = await send(port);
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-timeout' });
  });
  it('with an upstream that cannot be connected to: 504, and no other is tried', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(await unconnectableServer(), there), { limits });
    expect((await send(port)).status).toBe(504);
    expect(reached).toEqual([]);
  });
  it('with a response that comes bit by bit: never a clean end', async () => {
    const drips = await upstream((_request, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const { port } = await start(to(drips), { limits: later });
    const { write, all } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await all).toMatch(/^HTTP\/1\.1 200 [^]*closed by a reset$/);
  });
  it('with a body that comes bit by bit: 504, and the upstream is released', async () => {
    const gone = deferred();
    const there = await upstream((request) => request.on('close', () => gone.resolve()).resume());
    const { port } = await start(to(there), { limits });
    const { write, all } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n');
    const drip = setInterval(() => write('x'), 20);
    afterwards(() => clearInterval(drip));
    expect(await all).toMatch(/^HTTP\/1\.1 504 /);
    await gone.promise;
  });
  it('except as a tunnel, which has no limit', async () => {
    const there = await speaking((count) =>
      count === 0
        ? ['HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n']
        : ['late'],
    );
    const { port } = await start(to(there), { limits: later });
    const { write, heard } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    await heard(/101/);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    write('x');
    await heard(/late$/);
  });
});

describe('a route with limits of its own', () => {
  it('has these, and other routes those of the proxy', async () => {
    const hung = await upstream((request) => afterwards(() => request.socket.destroy()));
    const own = { ...LIMITS, answerMs: 100, bodyBytes: 4 };
    const { port } = await start(
      ({ target }) => {
        const left = [hung];
        const forward = forwardBy(() => left.shift(), target);
        return target === '/own' ? { ...forward, limits: own } : forward;
      },
      { limits: { answerMs: 1000 } },
    );
    const begun = performance.now();
    const other = send(port).then(() => performance.now() - begun);
    expect((await send(port, { path: '/own' })).status).toBe(504);
    expect(performance.now() - begun).toBeLessThan(1000);
    const path = '/own';
    expect((await send(port, { path, method: 'POST', body: 'hello' })).status).toBe(413);
    expect(await other).toBeGreaterThan(1000);
  });
});
