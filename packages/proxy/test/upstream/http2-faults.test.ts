import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import {
  ERROR,
  FLAG,
  FRAME,
  frame,
  goAwayFrame,
  headersFrames,
  rstStreamFrame,
} from '../../src/http2/frames.ts';
import { encodeField } from '../../src/http2/hpack-encoder.ts';
import type { Upstream } from '../../src/proxy.ts';
import { client, send, serverSending, start, to, upstream } from '../harness.ts';
import { session } from '../http2-client.ts';
import { frameServer } from './frame-server.ts';
import { http2Upstream } from './http2-server.ts';

const OK = [[':status', '200']] as const;

describe('an upstream of HTTP/2 with a fault', () => {
  it.each(['GET', 'POST'])('that refuses a %s is sent it again', async (method) => {
    let refused = 0;
    const bodies: string[] = [];
    const there = await frameServer((each, { write, respond }) => {
      if (each.type === FRAME.headers && refused === 0) {
        refused++;
        write(rstStreamFrame(each.streamId, ERROR.refusedStream));
      } else if (each.type === FRAME.headers && method === 'GET') respond(each.streamId, OK, 'ok');
      else if (each.type === FRAME.data && each.streamId > 1) {
        bodies.push(String(each.payload));
        if ((each.flags & 1) !== 0) respond(each.streamId, OK, 'ok');
      }
    });
    const { port } = await start(to(there));
    const made = session(port);
    const request = made.request({ ':method': method }, { endStream: method === 'GET' });
    if (method === 'POST') {
      request.write('first ');
      await vi.waitFor(() => expect(refused).toBe(1));
      request.end('second');
    }
    expect(await text(request)).toBe('ok');
    if (method === 'POST') expect(bodies.join('')).toBe('first second');
  });

  it('that leaves by GOAWAY finishes what it has begun, and is sent the rest on a new session', async () => {
    const there = await frameServer((each, { write, respond }, index) => {
      if (each.type !== FRAME.headers) return;
      if (index > 0) return respond(each.streamId, OK, 'new');
      if (each.streamId < 3) return;
      write(goAwayFrame(1, ERROR.none));
      respond(1, OK, 'old');
    });
    const { port } = await start(to(there));
    const made = session(port);
    const first = made.request({ ':method': 'POST' }).end('x');
    const second = made.request({ ':method': 'POST' }).end('x');
    expect(await Promise.all([text(first), text(second)])).toEqual(['old', 'new']);
  });

  it('that breaks off costs no other request, and one that may have been processed is not sent again', async () => {
    let posts = 0;
    const { there } = await http2Upstream((stream, { ':method': method }) => {
      if (method === 'POST') posts++;
      stream.close(ERROR.internal);
    });
    const { port } = await start(to(there));
    const { status, body } = await send(port, { method: 'POST', body: 'x' });
    expect([status, JSON.parse(body)]).toMatchObject([502, { code: 'upstream-failed' }]);
    expect(body).toContain('reset the stream with INTERNAL');
    expect(posts).toBe(1);
  });

  it.each<[string, () => Promise<Upstream>]>([
    ['does not speak HTTP/2', () => upstream((_request, response) => response.end())],
    ['does not speak HTTP/2', () => serverSending('220 mail.example\r\n')],
  ])('that %s is one that cannot be reached', async (reason, make) => {
    const there = await make();
    const onUnreachable = vi.fn();
    const { port } = await start(to({ ...there, isHttp2: true }), { onUnreachable });
    const { status, body } = await send(port, { method: 'POST', body: 'x' });
    expect([status, body]).toEqual([502, expect.stringContaining(reason)]);
    expect(onUnreachable).toHaveBeenCalledOnce();
  });

  it('that accepts and says nothing is given up in time', async () => {
    const there = await serverSending('');
    const { port } = await start(to({ ...there, isHttp2: true }), { limits: { connectMs: 100 } });
    const { status } = await send(port);
    expect(status).toBe(502);
  });

  it.each<[string, readonly (readonly [string, string])[], string | undefined]>([
    ['has no status', [['x', 'y']], 'x'],
    ['has a 101', [[':status', '101']], 'x'],
    ['names a connection', [...OK, ['connection', 'close']], 'x'],
    ['has a line break in a value', [...OK, ['x', 'a\r\nb: c']], 'x'],
    ['is shorter than its length', [...OK, ['content-length', '5']], 'x'],
    ['has a body of another length', [...OK, ['content-length', '0']], 'x'],
    ['ends with a 1xx', [[':status', '103']], undefined],
  ])('is not believed if its response %s', async (_what, fields, body) => {
    const there = await frameServer((each, { respond }) => {
      if (each.type === FRAME.headers) respond(each.streamId, fields, body);
    });
    const { port } = await start(to(there));
    const made = client(port);
    made.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await made.all).toMatch(/^HTTP\/1.1 502|closed by a reset$/);
  });

  it('whose response head is too large costs that request alone, and is not sent it again', async () => {
    let large = 0;
    const block = encodeField('location', 'x'.repeat(20_000)).repeat(3);
    const there = await frameServer((each, { write, respond }) => {
      if (each.type === FRAME.data && large === 0) respond(each.streamId, OK, 'half ', false);
      else if (each.type === FRAME.data) write(frame(FRAME.data, FLAG.endStream, 1, 'whole'));
      else if (each.type === FRAME.headers && each.streamId > 1) {
        large++;
        write(headersFrames(each.streamId, block, true, 16_384));
      }
    });
    const { port } = await start(to(there));
    const other = session(port).request({ ':method': 'POST' });
    other.write('x');
    await once(other, 'response');
    const { status, body } = await send(port);
    expect([status, body]).toEqual([502, expect.stringContaining('head that is too large')]);
    expect(large).toBe(1);
    other.end('x');
    expect(await text(other)).toBe('half whole');
  });

  it('whose response head is larger than is read loses one session', async () => {
    let count = 0;
    const block = encodeField('location', 'x'.repeat(20_000)).repeat(4);
    const there = await frameServer((each, { write }) => {
      if (each.type !== FRAME.headers) return;
      count++;
      write(headersFrames(each.streamId, block, true, 16_384));
    });
    const { port } = await start(to(there));
    const { status, body } = await send(port);
    expect([status, body]).toEqual([502, expect.stringContaining('larger than 65536 bytes')]);
    expect(count).toBe(1);
  });

  it('that sends 1xx without end to a client that does not read is reset', async () => {
    const hint = headersFrames(
      1,
      encodeField(':status', '103') + encodeField('link', 'x'.repeat(15_000)),
      false,
      16_384,
    );
    const resets: number[] = [];
    const there = await frameServer((each, { write }) => {
      if (each.type === FRAME.rstStream) resets.push(each.streamId);
      if (each.type === FRAME.headers) write(hint.repeat(2000));
    });
    const { port } = await start(to(there));
    const made = client(port);
    made.socket.pause();
    made.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await vi.waitFor(() => expect(resets).toEqual([1]), { timeout: 10_000 });
    made.socket.resume();
    await made.heard(/HTTP\/1.1 502 /);
  });
});
