import { describe, expect, it } from 'vitest';
import type { Decide, Upstream } from '../src/proxy.ts';
import {
  rawClient,
  refusingUpstream,
  rawServer,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from './harness.ts';
import { forwardBy } from './decisions.ts';

const codeOf = (body: string): unknown => (JSON.parse(body) as { code: unknown }).code;

describe('a loop', () => {
  it('ends at the proxy that was passed before, regardless of other Via entries', async () => {
    let rounds = 0;
    const ring: Upstream[] = [];
    const decide: Decide = (...asked) => {
      rounds++;
      // Not for ever, if the test fails.
      return forwardToEach(...(rounds > 10 ? [] : ring.slice(rounds % 2).slice(0, 1)))(...asked);
    };
    for (const pseudonym of ['one', 'two']) {
      const { port } = await startProxy(decide, { pseudonym });
      ring.push({ key: pseudonym, address: '127.0.0.1', port });
    }
    const answer = await sendRequest(ring[0]?.port ?? 0, {
      headers: { via: '1.0 fred (one, two)' },
    });
    expect(answer.status).toBe(508);
    expect(codeOf(answer.body)).toBe('loop');
    expect(rounds).toBeLessThanOrEqual(2);
  });

  it('is not detected for a request through other proxies, which stay in Via before this one', async () => {
    const there = await httpServer((request, response) => response.end(request.headers.via));
    const { port } = await startProxy(forwardToEach(there), { pseudonym: 'us' });
    const answer = await sendRequest(port, { headers: { via: '1.0 fred, HTTP/1.1 usher' } });
    expect(answer.body).toBe('1.0 fred, HTTP/1.1 usher, 1.1 us');
  });

  it('is detected in a Via with a protocol name', async () => {
    const { port } = await startProxy(forwardToEach(), { pseudonym: 'us' });
    expect((await sendRequest(port, { headers: { via: '1.0 fred,HTTP/1.1\tus' } })).status).toBe(
      508,
    );
  });
});

describe('a request that cannot be forwarded', () => {
  it('has two Host fields, and is refused before it is routed', async () => {
    let decided = 0;
    const { port } = await startProxy((...asked) => {
      decided++;
      return forwardToEach()(...asked);
    });
    const { write, heard } = rawClient(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nhost: evil\r\n\r\n');
    const answer = await heard(/\r\n\r\n.*}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"bad-request"');
    expect(decided).toBe(0);
  });
});

describe('an upstream that left while another was tried', () => {
  it('receives no request', async () => {
    let asked = 0;
    const leaving = await httpServer((_request, response) => {
      asked++;
      response.end();
    });
    const left = [await refusingUpstream(), leaving];
    const { port } = await startProxy(({ target }) => forwardBy(() => left.shift(), target), {
      onUnreachable: () => left.splice(0),
    });
    const answer = await sendRequest(port);
    expect(answer.status).toBe(502);
    expect(answer.body).toMatch(/ECONNREFUSED/);
    expect(asked).toBe(0);
  });
});

describe('the detail of a problem', () => {
  it('describes what is invalid in a response', async () => {
    const { port } = await startProxy(forwardToEach(await rawServer('hello world\r\n\r\n')));
    const { body } = await sendRequest(port);
    expect(body).toMatch(/sent a response that is not valid HTTP\/1\.1/);
  });

  it('names the connection error without the address', async () => {
    const { port } = await startProxy(forwardToEach(await refusingUpstream()));
    const { body } = await sendRequest(port);
    expect(body).toMatch(/failed with ECONNREFUSED/);
    expect(body).not.toContain('127.0.0.1');
  });
});
