import { describe, expect, it, vi } from 'vitest';
import { FLAG, FRAME, frame } from '../../src/http2/frames.ts';
import { SETTING } from '../../src/http2/settings.ts';
import { send, start, to } from '../harness.ts';
import { settingsPayload } from '../http2-client.ts';
import { frameServer } from './frame-server.ts';
import type { FrameSession } from './frame-server.ts';

const NO_STREAMS = settingsPayload(SETTING.maxConcurrentStreams, 0);

describe('an upstream of HTTP/2 that takes no streams', () => {
  it('is not connected to again and again', async () => {
    const sessions = new Set<FrameSession>();
    const there = await frameServer((_each, session) => sessions.add(session), NO_STREAMS);
    const { port } = await start(to(there), { limits: { connectMs: 2000 } });
    const first = Array.from({ length: 20 }, () => send(port));
    await vi.waitFor(() => expect(sessions.size).toBe(1));
    const more = Array.from({ length: 20 }, () => send(port));
    const statuses = (await Promise.all([...first, ...more])).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([502]));
    expect(sessions.size).toBe(1);
  });

  it('is sent what waits once it takes some', async () => {
    const there = await frameServer((each, { write, respond }) => {
      if (each.type === FRAME.settings && (each.flags & FLAG.ack) !== 0)
        write(frame(FRAME.settings, 0, 0, settingsPayload(SETTING.maxConcurrentStreams, 1)));
      if (each.type === FRAME.headers) respond(each.streamId, [[':status', '200']], 'ok');
    }, NO_STREAMS);
    const { port } = await start(to(there));
    const responses = await Promise.all([send(port), send(port)]);
    expect(responses.map(({ body }) => body)).toEqual(['ok', 'ok']);
  });

  it('and closes is one that cannot be reached', async () => {
    const sessions = new Set<FrameSession>();
    const there = await frameServer((each, session) => {
      sessions.add(session);
      if (each.type === FRAME.settings && (each.flags & FLAG.ack) === 0) session.socket.end();
    }, NO_STREAMS);
    const onUnreachable = vi.fn();
    const { port } = await start(to(there), { onUnreachable, limits: { connectMs: 1000 } });
    const { status, body } = await send(port);
    expect([status, body]).toEqual([502, expect.stringContaining('closed the connection')]);
    expect(onUnreachable).toHaveBeenCalledOnce();
    expect(sessions.size).toBe(1);
  });
});
