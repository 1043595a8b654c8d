import { describe, expect, it } from 'vitest';
import { serverSending } from '../harness.ts';
import { client, speaking, start, to } from './vectors.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Cuts an answer in two at each place in turn. An empty piece at the end closes the connection. */
async function atEveryCut(
  answer: string,
  check: (heard: string) => void,
  { ends = false, ask = GET }: { ends?: boolean; ask?: string } = {},
): Promise<void> {
  let cut = 0;
  const there = await speaking(() => [
    ...(cut === 0 ? [answer] : [answer.slice(0, cut), answer.slice(cut)]),
    ...(ends ? [''] : []),
  ]);
  const { port } = await start(to(there));
  for (; cut < answer.length; cut++) {
    const { write, all } = client(port);
    write(ask.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    check(await all);
  }
}

describe('a response that is not valid HTTP/1.1', () => {
  it.each([
    ['CR in a field', 'HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: c\r\nContent-Length: 2\r\n\r\nok'],
    ['LF in a field', 'HTTP/1.1 200 OK\r\nX-A: b\nSet-Cookie: c\r\nContent-Length: 2\r\n\r\nok'],
    ['NUL in a field', 'HTTP/1.1 200 OK\r\nX-A: b\0\r\nContent-Length: 2\r\n\r\nok'],
    ['a continued line', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok'],
    ['a space before a colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    [
      'a length and chunked',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ])('%s: 502', (_what, answer) =>
    atEveryCut(answer, (heard) => {
      expect(heard).toMatch(/^HTTP\/1\.1 502 /);
      expect(heard).not.toContain('Set-Cookie');
    }),
  );
});

describe('a response that is broken off', () => {
  const isReset = /closed by a reset$/;
  it.each([
    ['short of its length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok'],
    ['before the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'],
  ])('%s: never a clean end', (_what, answer) =>
    atEveryCut(answer, (heard) => expect(heard).toMatch(isReset), { ends: true }),
  );
  it('in an invalid chunk: never a clean end', () =>
    atEveryCut(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0x0\r\n\r\n',
      (heard) => expect(heard).toMatch(/closed by a reset$|^HTTP\/1\.1 502 /),
    ));
  it('before its head is complete: 502', () =>
    atEveryCut(
      'HTTP/1.1 200 OK\r\nContent-Le',
      (heard) => expect(heard).toMatch(/^HTTP\/1\.1 502 /),
      {
        ends: true,
        ask: GET.replace('GET', 'POST'),
      },
    ));
});

describe('unsolicited bytes', () => {
  const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
  /** Asks one after the other; the instance sends the second answer twice as much as it should. */
  async function answers(first: readonly string[], ask = GET): Promise<string> {
    const there = await speaking((count) => (count === 0 ? first : [OK]));
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write(ask);
    await heard(/\r\n\r\n/);
    // By what nobody has asked for.
    await expect.poll(there.closed, { interval: 1 }).toBe(1);
    write(GET);
    const all = await heard(/ok$/);
    expect(there.connections()).toBe(2);
    return all;
  }
  it('behind a response, in the same read: dropped with the connection', async () => {
    expect(await answers([`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1${forged}`])).not.toContain(
      'forged',
    );
  });
  it('on an idle connection: dropped with it', async () => {
    for (let cut = 1; cut < forged.length; cut++) {
      const pieces = ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1', forged.slice(0, cut)];
      expect(await answers(pieces)).not.toContain('forged');
    }
  });
  it('a body that a 204 announces and sends late: never the next response', async () => {
    const there = await speaking((count) => [
      count === 0 ? `HTTP/1.1 204 No Content\r\nContent-Length: ${forged.length}\r\n\r\n` : forged,
    ]);
    const { port } = await start(to(there));
    for (const status of [204, 200]) {
      const { write, heard } = client(port);
      write(GET);
      await heard(new RegExp(`HTTP/1.1 ${status} `));
    }
    expect(there.connections()).toBe(2);
  });
  it.each([
    ['204', 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\nforged', GET],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\nforged', GET],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged', GET.replace('GET', 'HEAD')],
    [
      'HEAD, chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nforged\r\n0\r\n\r\n',
      GET.replace('GET', 'HEAD'),
    ],
  ])('a body with %s: suppressed', async (_what, answer, ask) => {
    const cuts = Array.from({ length: answer.length }, (_, cut) => cut);
    const pieces = (cut: number) => [answer.slice(0, cut), answer.slice(cut)].filter(Boolean);
    // All at a time: each waits for what may come.
    const all = await Promise.all(cuts.map((cut) => answers(pieces(cut), ask)));
    for (const heard of all) {
      expect(heard).not.toContain('forged');
      expect(heard.match(/HTTP\/1\.1 /g)).toHaveLength(2);
    }
  });
});

describe('1xx', () => {
  it('are passed on before the response', () =>
    atEveryCut(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`,
      (heard) =>
        expect(heard).toMatch(
          /^HTTP\/1\.1 100 [^]*HTTP\/1\.1 103 [^]*Link: <\/a>\r\n[^]*HTTP\/1\.1 200 [^]*ok/,
        ),
    ));
  it('are not for a client of HTTP/1.0', () =>
    atEveryCut(
      `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`,
      (heard) => expect(heard).toMatch(/^HTTP\/1\.1 200 /),
      {
        ask: GET.replace('HTTP/1.1', 'HTTP/1.0'),
      },
    ));
  it('thousands in one read are passed on', async () => {
    const there = await serverSending('HTTP/1.1 100\r\n\r\n'.repeat(20_000) + OK);
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write(GET);
    await heard(/ok$/);
  });
  it('a 101 that was not requested: 502', () =>
    atEveryCut(
      'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      (heard) => expect(heard).toMatch(/^HTTP\/1\.1 502 /),
    ));
});

describe('a response without a length', () => {
  it('is chunked for the client, with its trailers', () =>
    atEveryCut(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
      (heard) =>
        expect(heard).toMatch(
          /transfer-encoding: chunked\r\n[^]*\r\n\r\n(?:2\r\nok|1\r\no\r\n1\r\nk)\r\n0\r\nX-Sum: 1\r\n\r\n$/,
        ),
    ));
  it('that ends with the connection ends with it', () =>
    atEveryCut('HTTP/1.0 200 OK\r\n\r\nok', (heard) => expect(heard).toMatch(/0\r\n\r\n$/), {
      ends: true,
    }));
  it('ends with the connection for a client of HTTP/1.0', () =>
    atEveryCut(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      (heard) => expect(heard).toMatch(/connection: close\r\n\r\nok$/),
      { ask: GET.replace('HTTP/1.1', 'HTTP/1.0') },
    ));
});
