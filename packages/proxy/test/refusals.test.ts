import { describe, expect, it } from 'vitest';
import type { Decide, Upstream } from '../src/proxy.ts';
import { client, refusingPort, serverSending, send, start, to, upstream } from './harness.ts';
import { forwardBy } from './decisions.ts';

const codeOf = (body: string): unknown => (JSON.parse(body) as { code: unknown }).code;

describe('a loop', () => {
  it('ends at the proxy that the request passed before, with any other entries in Via', async () => {
    let rounds = 0;
    const ring: Upstream[] = [];
    const decide: Decide = (...asked) => {
      rounds++;
      // Not for ever, if the test fails.
      return to(...(rounds > 10 ? [] : ring.slice(rounds % 2).slice(0, 1)))(...asked);
    };
    for (const pseudonym of ['one', 'two']) {
      const { port } = await start(decide, { pseudonym });
      ring.push({ key: pseudonym, address: '127.0.0.1', port });
    }
    const answer = await send(ring[0]?.port ?? 0, { headers: { via: '1.0 fred (one, two)' } });
    expect(answer.status).toBe(508);
    expect(codeOf(answer.body)).toBe('loop');
    expect(rounds).toBeLessThanOrEqual(2);
  });

  it('is not assumed of a request that came through other proxies: they stay in Via', async () => {
    const there = await upstream((request, response) => response.end(request.headers.via));
    const { port } = await start(to(there), { pseudonym: 'us' });
    const answer = await send(port, { headers: { via: '1.0 fred, HTTP/1.1 usher' } });
    expect(answer.body).toBe('1.0 fred, HTTP/1.1 usher, 1.1 us');
  });

  it('is detected in a Via with the name of the protocol', async () => {
    const { port } = await start(to(), { pseudonym: 'us' });
    expect((await send(port, { headers: { via: '1.0 fred,HTTP/1.1\tus' } })).status).toBe(508);
  });
});

describe('a request that cannot be forwarded', () => {
  it('with two Host fields is refused before it is routed', async () => {
    let decided = 0;
    const { port } = await start((...asked) => {
      decided++;
      return to()(...asked);
    });
    const { write, heard } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nhost: evil\r\n\r\n');
    const answer = await heard(/\r\n\r\n.*}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"bad-request"');
    expect(decided).toBe(0);
  });
});

describe('an upstream that left while another was tried', () => {
  it('gets no request', async () => {
    let asked = 0;
    const leaving = await upstream((_request, response) => {
      asked++;
      response.end();
    });
    const left = [await refusingPort(), leaving];
    const { port } = await start(({ target }) => forwardBy(() => left.shift(), target), {
      onUnreachable: () => left.splice(0),
    });
    const answer = await send(port);
    expect(answer.status).toBe(502);
    expect(answer.body).toMatch(/ECONNREFUSED/);
    expect(asked).toBe(0);
  });
});

describe('the detail of a problem', () => {
  it('says what was wrong with a response that is not HTTP', async () => {
    const { port } = await start(to(await serverSending('hello world\r\n\r\n')));
    const { body } = await send(port);
    expect(body).toMatch(/sent a response that is not valid HTTP\/1\.1/);
  });

  it('names the error if nothing listens there, without the address', async () => {
    const { port } = await start(to(await refusingPort()));
    const { body } = await send(port);
    expect(body).toMatch(/failed with ECONNREFUSED/);
    expect(body).not.toContain('127.0.0.1');
  });
});
