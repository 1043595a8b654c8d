import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import type { Filter } from '../../src/filters/filter.ts';
import {
  DEFAULT_WINDOW,
  ERROR,
  FLAG,
  FRAME,
  frame,
  MAX_WINDOW,
  windowUpdateFrame,
} from '../../src/http2/frames.ts';
import { SETTING } from '../../src/http2/settings.ts';
import { forwardBy } from '../decisions.ts';
import { afterwards, client, listen, start, to, upstream } from '../harness.ts';
import { block, FrameClient, GET, POST, settingsPayload } from '../http2-client.ts';
import { recording } from './vectors.ts';

/** An upstream that answers `ok` before it has read the request. */
const okServer = () => upstream((_request, response) => response.end('ok'));

describe('a client of HTTP/2 that does not take its response', () => {
  it('is given up, if it never opens its window', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { port } = await start(to(there), { limits: { answerBodyMs: 100 } });
    const one = new FrameClient(port, { settings: settingsPayload(SETTING.initialWindowSize, 0) });
    one.request(1, GET);
    expect(await one.status(1)).toBe('200');
    expect(await one.reset(1)).toBe(ERROR.cancel);
  });

  it('has its SETTINGS acknowledged before it gets what they allow', async () => {
    const there = await upstream((_request, response) => response.end('hello'));
    const { port } = await start(to(there));
    const one = new FrameClient(port, { settings: settingsPayload(SETTING.initialWindowSize, 0) });
    one.request(1, GET);
    await one.status(1);
    await one.settled();
    one.heard.length = 0;
    one.write(frame(FRAME.settings, 0, 0, settingsPayload(SETTING.initialWindowSize, 1)));
    await one.frame(FRAME.data, 1);
    expect(one.heard.map(({ type, payload }) => [type, payload.length])).toEqual([
      [FRAME.settings, 0],
      [FRAME.data, 1],
    ]);
    one.write(windowUpdateFrame(1, 4));
    await one.frame(FRAME.data, 1, ({ flags }) => (flags & FLAG.endStream) !== 0);
    expect(one.body(1)).toBe('hello');
  });

  it('is given up while the upstream still sends', async () => {
    const there = await upstream((_request, response) => void response.write('x'.repeat(100_000)));
    const { port } = await start(to(there), { limits: { answerBodyMs: 100 } });
    const one = new FrameClient(port);
    one.request(1, GET);
    expect(await one.reset(1)).toBe(ERROR.internal);
    expect(one.body(1)).toHaveLength(65_535);
  });

  it('holds its upstream back, and its other streams go on', async () => {
    let written = 0;
    const there = await upstream((request, response) => {
      if (request.url === '/small') return response.end('small');
      const write = (): void => {
        while (response.write('x'.repeat(65_536))) written += 65_536;
        response.once('drain', write);
      };
      write();
      return undefined;
    });
    const { port, proxy } = await start(to(there));
    const one = new FrameClient(port);
    one.write(windowUpdateFrame(0, 1_000_000));
    one.request(1, GET);
    await one.frame(FRAME.data, 1);
    one.request(3, [...GET.slice(0, 3), [':path', '/small']]);
    await one.frame(FRAME.data, 3, ({ flags }) => (flags & FLAG.endStream) !== 0);
    expect(one.body(3)).toBe('small');
    await vi.waitFor(() => {
      const before = written;
      return expect(before).toBe(written);
    });
    expect(proxy.heavyClients).toBe(0);
    expect(written).toBeLessThan(20_000_000);
  });

  it('is reset above the limit of what is held for all', async () => {
    const there = await upstream((_request, response) => response.end(Buffer.alloc(60_000)));
    const { port, proxy } = await start(to(there), { limits: { heldBytes: 1_000_000 } });
    const one = new FrameClient(port, { settings: settingsPayload(SETTING.initialWindowSize, 0) });
    for (let id = 1; id < 60; id += 2) one.request(id, GET);
    await one.closed;
    expect(proxy.heavyClients).toBe(1);
  });

  it('has to wait, if it does not read either', async () => {
    const { port, proxy } = await start(to(), { limits: { heldBytes: 8_000_000 } });
    const one = new FrameClient(port);
    await one.settled();
    one.socket.pause();
    let id = 1;
    // Each is answered with a problem at once.
    const request = block([...GET, ['x', 'y'.repeat(4000)]]);
    while (one.socket.writableLength < 2_000_000 && !one.socket.destroyed) {
      let requests = '';
      for (let count = 0; count < 500; count++, id += 2)
        requests += frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, id, request);
      one.write(requests);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(proxy.heavyClients).toBe(0);
  });
});

describe('a client of HTTP/2 that does not send its request', () => {
  it('gets 408 on each stream, and keeps its connection', async () => {
    const { there } = await recording();
    const { port } = await start(to(there), { limits: { requestBodyMs: 100 } });
    const one = new FrameClient(port);
    for (const id of [1, 3, 5]) one.request(id, POST, false);
    for (const id of [1, 3, 5]) expect(await one.status(id)).toBe('408');
    one.request(7, GET);
    expect(await one.status(7)).toBe('200');
  });

  it('is closed if it is idle, with GOAWAY', async () => {
    const { port, proxy } = await start(to(await okServer()), { limits: { idleMs: 100 } });
    const one = new FrameClient(port);
    expect(await one.goAway()).toBe(ERROR.none);
    await one.closed;
    const silent = client(port);
    silent.write('PRI * HTT');
    await vi.waitFor(() => expect(proxy.clients).toBe(1));
  });
});

describe('a client of HTTP/2 that takes nothing of its responses', () => {
  it.each(['and sends nothing more', 'and has ended its side'])(
    '%s: is closed',
    async (how) => {
      const body = Buffer.alloc(16 * 1024 * 1024);
      const large: Filter = { name: 'large', onRequest: () => ({ status: 200, body }) };
      const { port, proxy } = await start(
        ({ target }) => ({ ...forwardBy(() => undefined, target), filters: [large] }),
        { limits: { idleMs: 100, answerBodyMs: 100 } },
      );
      const settings = settingsPayload(SETTING.initialWindowSize, MAX_WINDOW);
      const one = new FrameClient(port, { settings });
      one.write(windowUpdateFrame(0, MAX_WINDOW - DEFAULT_WINDOW));
      one.request(1, GET);
      await one.status(1);
      one.socket.pause();
      if (how === 'and has ended its side') one.socket.end();
      await expect.poll(() => proxy.clients, { timeout: 15_000 }).toBe(0);
    },
    20_000,
  );
});

describe('a body of HTTP/2 that does not have its Content-Length', () => {
  it.each([
    ['longer', '10', ['0123456789', 'GET /smuggled HTTP/1.1\r\n\r\n']],
    ['shorter', '10', ['01234']],
    ['empty', '10', ['']],
    ['there although its length is 0', '0', ['x']],
  ])(
    '%s: the stream is reset, and the upstream gets no whole request',
    async (_what, length, parts) => {
      const { there, reached } = await recording();
      const { port } = await start(to(there));
      const one = new FrameClient(port);
      one.request(1, [...POST, ['content-length', length]], false);
      for (const [index, part] of parts.entries()) one.data(1, part, index === parts.length - 1);
      expect(await one.reset(1)).toBe(ERROR.protocol);
      one.request(3, GET);
      expect(await one.status(3)).toBe('200');
      expect(reached.map(({ method }) => method)).toEqual(['GET']);
    },
  );
});

describe('a request of HTTP/2 that is malformed', () => {
  it('is answered with 400 and reset, and no upstream sees it', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(there));
    const one = new FrameClient(port);
    one.request(1, [...GET, ['x', 'a\r\nTransfer-Encoding: chunked']]);
    expect(await one.status(1)).toBe('400');
    expect(one.body(1)).toContain('bad-request');
    expect(await one.reset(1)).toBe(ERROR.protocol);
    one.request(3, [...GET.slice(0, 3), [':path', '/a/../../b']]);
    expect(await one.status(3)).toBe('400');
    expect(reached).toEqual([]);
  });

  it('has malformed trailers', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(there));
    const one = new FrameClient(port);
    one.request(1, POST, false);
    one.data(1, 'abc', false);
    one.request(1, [[':path', '/']]);
    expect(await one.reset(1)).toBe(ERROR.protocol);
    expect(reached).toEqual([]);
  });
});

describe('a preface of HTTP/2 that comes in parts', () => {
  it('is read, wherever it is cut', async () => {
    const { there } = await recording();
    const { port } = await start(to(there));
    const whole = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frame(FRAME.settings, 0, 0, '')}${frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, block(GET))}`;
    for (let cut = 1; cut < whole.length; cut++) {
      const { socket, write, heard } = client(port);
      socket.setNoDelay();
      write(whole.slice(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      write(whole.slice(cut));
      await heard(/ok$/);
      socket.destroy();
    }
  });

  it('is HTTP/1.1 if it turns into something else', async () => {
    const { port } = await start(to(await okServer()));
    const { write, heard } = client(port);
    write('PRI');
    await new Promise((resolve) => setImmediate(resolve));
    write('NT / HTTP/1.1\r\nHost: a\r\n\r\n');
    await heard(/^HTTP\/1\.1 501/);
  });
});

it('an upstream that breaks off resets its stream, and no other', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/') response.write('half', () => response.destroy());
    else setTimeout(() => response.end('whole'), 100);
  });
  const { port } = await start(to(await listen(server)));
  const one = new FrameClient(port);
  one.request(1, [...GET.slice(0, 3), [':path', '/whole']]);
  one.request(3, GET);
  expect(await one.reset(3)).toBe(ERROR.internal);
  await one.frame(FRAME.data, 1);
  expect(one.body(1)).toBe('whole');
  afterwards(() => server.closeAllConnections());
  one.socket.end();
  await once(one.socket, 'close');
});
