import { describe, expect, it } from 'vitest';
import { refusing, saying, send, start, to, upstream } from './engine-harness.ts';

describe('a request that undici will not send', () => {
  it('is not tried again elsewhere, nor held against the instance', async () => {
    const there = await upstream((_request, response) => response.end());
    const unreachable: string[] = [];
    const { port } = await start(
      (host) => to(there, { ...there, key: 'another' })(host, '/no path'),
      ({ key }) => unreachable.push(key),
    );
    const answer = await send(port);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'bad-request' });
    expect(unreachable).toEqual([]);
  });
});

describe('the detail of a problem', () => {
  it('says what was wrong with an answer that is no HTTP', async () => {
    const { port } = await start(to(await saying('hello world\r\n\r\n')));
    const { body } = await send(port);
    expect(body).toMatch(/failed: Response does not match the HTTP\/1\.1 protocol/);
  });

  it('names the error where nobody listens, and keeps the address to itself', async () => {
    const { port } = await start(to(await refusing()));
    const { body } = await send(port);
    expect(body).toMatch(/failed: ECONNREFUSED/);
    expect(body).not.toContain('127.0.0.1');
  });
});
