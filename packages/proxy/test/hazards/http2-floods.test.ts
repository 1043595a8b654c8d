import { describe, expect, it, vi } from 'vitest';
import {
  ERROR,
  FLAG,
  FRAME,
  frame,
  rstStreamFrame,
  uint32,
  windowUpdateFrame,
} from '../../src/http2/frames.ts';
import { SETTING } from '../../src/http2/settings.ts';
import { start, to, unresponsiveServer, upstream } from '../harness.ts';
import { block, FrameClient, GET, POST, settingsPayload } from '../http2-client.ts';

/** An upstream that answers `ok` before it has read the request. */
const okServer = () => upstream((_request, response) => response.end('ok'));

/** Writes the same thing often, with a turn of the event loop in between, until the connection is closed. */
async function flood(client: FrameClient, frames: (count: number) => string, times: number) {
  for (let count = 0; count < times && !client.socket.destroyed; count += 100) {
    let all = '';
    for (let one = count; one < count + 100; one++) all += frames(one);
    client.write(all);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a client of HTTP/2 that resets its streams rapidly', () => {
  it('is closed, and the upstream is released', async () => {
    const there = await unresponsiveServer();
    const { port, proxy } = await start(to(there), { limits: { streamResets: 50 } });
    const one = new FrameClient(port);
    await flood(
      one,
      (count) =>
        frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 2 * count + 1, block(GET)) +
        rstStreamFrame(2 * count + 1, ERROR.cancel),
      200,
    );
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
    expect(proxy.faultyClients).toBe(1);
    await vi.waitFor(() => expect([...proxy.pools()][0]?.[1].open ?? 0).toBe(0));
  });

  it('is closed too if it has them reset by what it may not send', async () => {
    const { port } = await start(to(await unresponsiveServer()), { limits: { streamResets: 50 } });
    const one = new FrameClient(port);
    await flood(
      one,
      (count) =>
        frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 2 * count + 1, block(GET)) +
        windowUpdateFrame(2 * count + 1, 0),
      200,
    );
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
  });

  it('may do so now and then', async () => {
    const { port } = await start(to(await okServer()), { limits: { streamResets: 50 } });
    const one = new FrameClient(port);
    for (let id = 1; id < 100; id += 2) {
      one.request(id, POST, false);
      one.write(rstStreamFrame(id, ERROR.cancel));
    }
    one.request(101, GET);
    expect(await one.status(101)).toBe('200');
  });
});

describe('a flood of frames of HTTP/2 without a part of a request', () => {
  it.each([
    ['SETTINGS', () => frame(FRAME.settings, 0, 0, '')],
    ['acknowledged SETTINGS', () => frame(FRAME.settings, FLAG.ack, 0, '')],
    ['PING', () => frame(FRAME.ping, 0, 0, '12345678')],
    ['PRIORITY', () => frame(FRAME.priority, 0, 3, uint32(1) + '\0')],
    ['WINDOW_UPDATE', () => windowUpdateFrame(0, 1)],
    ['unknown frames', () => frame(0x77, 0, 0, '')],
    ['empty DATA', () => frame(FRAME.data, 0, 1, '')],
    ['padded DATA without content', () => frame(FRAME.data, FLAG.padded, 1, '\x01\0')],
    ['RST_STREAM of a stream that is over', () => rstStreamFrame(3, ERROR.cancel)],
  ])('%s: closed', async (_what, frames) => {
    const { port } = await start(to(await okServer()), { limits: { controlFrames: 100 } });
    const one = new FrameClient(port);
    one.request(1, POST, false);
    one.request(3, GET);
    await one.frame(FRAME.data, 3, ({ flags }) => (flags & FLAG.endStream) !== 0);
    await flood(one, frames, 300);
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
  });

  it('CONTINUATION without end: closed, however little each carries', async () => {
    const { port } = await start(to(await okServer()), { limits: { controlFrames: 100 } });
    const one = new FrameClient(port);
    one.write(frame(FRAME.headers, FLAG.endStream, 1, block(GET)));
    await flood(one, () => frame(FRAME.continuation, 0, 1, ''), 300);
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
  });

  it('CONTINUATION beyond four times the size of a head: closed before it is whole', async () => {
    // Not for the time that it takes.
    const { port } = await start(to(await okServer()), { limits: { headMs: 3_600_000 } });
    const one = new FrameClient(port);
    one.write(frame(FRAME.headers, FLAG.endStream, 1, block(GET)));
    one.write(frame(FRAME.continuation, 0, 1, block([['x', 'y'.repeat(13_000)]])).repeat(6));
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
  });

  it('a window that grows by a byte at a time: closed', async () => {
    const there = await upstream((_request, response) => response.end('x'.repeat(10_000)));
    const { port } = await start(to(there), { limits: { controlFrames: 100 } });
    const one = new FrameClient(port, { settings: settingsPayload(SETTING.initialWindowSize, 0) });
    one.request(1, GET);
    await one.status(1);
    await flood(one, () => windowUpdateFrame(1, 1), 300);
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
  });

  it('PING and WINDOW_UPDATE that requests explain: served', async () => {
    const there = await upstream((_request, response) => response.end('x'.repeat(1000)));
    const { port } = await start(to(there), { limits: { controlFrames: 20 } });
    const one = new FrameClient(port);
    for (let id = 1; id < 400; id += 2) {
      one.request(id, GET);
      one.write(frame(FRAME.ping, 0, 0, '12345678') + windowUpdateFrame(0, 1000));
      await one.frame(FRAME.data, id);
    }
    expect(await one.status(399)).toBe('200');
  });
});

describe('a head of HTTP/2 that is too large', () => {
  it('is answered with 431, and the connection goes on', async () => {
    const { port } = await start(to(await okServer()));
    const one = new FrameClient(port);
    one.request(1, [...GET, ...Array.from({ length: 99 }, () => ['x', 'y'.repeat(134)] as const)]);
    expect(await one.status(1)).toBe('431');
    one.request(3, GET);
    expect(await one.status(3)).toBe('200');
  });

  it('is so when its block is', async () => {
    const { port } = await start(to(await okServer()));
    const one = new FrameClient(port);
    // It adds to the table, by which the next block is read.
    const large = `\x40\x01x\x01y${block([['cookie', 'y'.repeat(12_000)]]).repeat(5)}`;
    one.write(frame(FRAME.headers, FLAG.endStream, 1, block(GET)));
    for (let at = 0; at < large.length; at += 16_384)
      one.write(frame(FRAME.continuation, 0, 1, large.slice(at, at + 16_384)));
    one.write(frame(FRAME.continuation, FLAG.endHeaders, 1, ''));
    expect(await one.status(1)).toBe('431');
    one.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 3, `${block(GET)}\xbe`));
    expect(await one.status(3)).toBe('200');
  });

  it('is so when it is decompressed', async () => {
    const { port } = await start(to(await okServer()));
    const one = new FrameClient(port);
    // One entry of the table, and then a byte for each time it is repeated (HPACK bomb).
    const bomb = block(GET) + `\x40\x01x\x7f\xa1\x1e${'y'.repeat(4000)}` + '\xbe'.repeat(5000);
    one.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, bomb));
    expect(await one.status(1)).toBe('431');
    one.request(3, GET);
    expect(await one.status(3)).toBe('200');
  });

  it('is not waited for without end', async () => {
    const { port } = await start(to(await okServer()), { limits: { headMs: 100 } });
    const one = new FrameClient(port);
    one.write(frame(FRAME.headers, FLAG.endStream, 1, block(GET)));
    expect(await one.goAway()).toBe(ERROR.enhanceYourCalm);
  });
});

describe('more streams of HTTP/2 than a client may have open', () => {
  it('are refused, so that it can send them again', async () => {
    const there = await unresponsiveServer();
    const { port } = await start(to(there), { limits: { streams: 3 } });
    const one = new FrameClient(port);
    for (const id of [1, 3, 5, 7]) one.request(id, GET);
    expect(await one.reset(7)).toBe(ERROR.refusedStream);
    const settings = await one.frame(FRAME.settings, 0);
    expect(settings.payload.readUInt32BE(2)).toBe(3);
    one.write(rstStreamFrame(1, ERROR.cancel));
    one.request(9, GET);
    await one.settled();
    expect(one.heard.filter(({ type }) => type === FRAME.rstStream)).toHaveLength(1);
  });

  it('are refused if all clients together have as many as there may be connections', async () => {
    const there = await unresponsiveServer();
    const { port } = await start(to(there), { limits: { connections: 4 } });
    const [one, other] = [new FrameClient(port), new FrameClient(port)];
    for (const id of [1, 3]) one.request(id, GET);
    await one.settled();
    for (const id of [1, 3, 5]) other.request(id, GET);
    expect(await other.reset(5)).toBe(ERROR.refusedStream);
    one.socket.destroy();
    await one.closed;
    await vi.waitFor(async () => {
      other.request(7, GET);
      await other.settled();
      expect(other.heard.filter(({ type }) => type === FRAME.rstStream)).toHaveLength(1);
    });
  });

  it('are counted no longer once they have ended, in any way', async () => {
    const there = await unresponsiveServer();
    const { port, proxy } = await start(to(there), { limits: { connections: 20 } });
    const ends: ((one: FrameClient) => void)[] = [
      (one) => one.write(rstStreamFrame(1, ERROR.cancel) + rstStreamFrame(3, ERROR.cancel)),
      (one) => one.data(1, 'longer than it says', true),
      (one) => one.write(frame(FRAME.data, 0, 0, '')),
      (one) => one.socket.resetAndDestroy(),
      (one) => one.socket.end(),
    ];
    for (let count = 0; count < 50; count++) {
      const one = new FrameClient(port);
      one.request(1, [...POST, ['content-length', '3']], false);
      one.request(3, GET);
      await one.settled();
      expect(one.kinds()).not.toContain(`${FRAME.rstStream} on 3`);
      ends[count % ends.length]?.(one);
      one.socket.end();
      await one.closed;
    }
    await vi.waitFor(() => expect(proxy.clients).toBe(0));
    await vi.waitFor(() => expect([...proxy.pools()][0]?.[1].open).toBe(0));
  });
});
