import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { FLAG, FRAME, frame } from '../../src/http2/frames.ts';
import { parseRequest } from '../../src/http1/request.ts';
import { LIMITS } from '../../src/limits.ts';
import { DONE, NO_PARTS } from '../../src/message.ts';
import { Http2Pool } from '../../src/upstream/http2-pool.ts';
import type { ResponseHandler } from '../../src/upstream/response-handler.ts';
import { afterwards } from '../harness.ts';
import { frameServer } from './frame-server.ts';
import type { FrameSession } from './frame-server.ts';

const OK = [[':status', '200']] as const;
const FACTS = { forwarded: '', requestId: '1', via: '', target: '/', prefix: '' };

/** An upstream whose first session responds to nothing while the process is blocked, and a pool whose clock stands until it is moved. */
async function blockable() {
  const sessions = new Set<FrameSession>();
  const seen: string[] = [];
  const held: (() => void)[] = [];
  let isBlocked = false;
  const there = await frameServer(({ type, streamId, payload }, session, index) => {
    sessions.add(session);
    const text = String(payload);
    let respond: (() => void) | undefined;
    if (type === FRAME.headers) respond = () => session.respond(streamId, OK);
    else if (type === FRAME.ping)
      respond = () => session.write(frame(FRAME.ping, FLAG.ack, 0, text));
    if (respond === undefined) return;
    seen.push(`${type === FRAME.ping ? 'PING' : 'request'} on ${index}`);
    if (isBlocked && index === 0) held.push(respond);
    else respond();
  });
  const clock = { now: 0, after: (ms: number) => clock.now + ms };
  const pool = new Http2Pool(there, LIMITS, clock);
  afterwards(() => pool.destroy());
  return {
    sessions,
    seen,
    block: () => (isBlocked = true),
    unblock: (): void => {
      isBlocked = false;
      for (const respond of held.splice(0)) respond();
    },
    pass: (ms: number): void => {
      clock.now += ms;
      pool.sweep(clock.now);
    },
    /** Sends a request. What became of it stands in `outcome`. */
    request: () => {
      const made = { outcome: '', abandon: () => stream.abandon() };
      const stream = pool.take();
      const head = parseRequest('GET / HTTP/1.1\r\nHost: a\r\n');
      if (!head.ok) throw new Error(head.problem.detail);
      const begin = (): unknown => stream.send(head, FACTS, NO_PARTS, DONE);
      const handler: ResponseHandler = {
        method: 'GET',
        onConnected: begin,
        onInformational: () => {},
        onUpgrade: () => {},
        onHead({ status }) {
          made.outcome = String(status);
          stream.giveBack();
        },
        onData: () => {},
        holdsResponse: () => false,
        onDrain: () => {},
        onError: ({ message }) => (made.outcome = message),
      };
      stream.carry(handler);
      if (stream.isConnected) begin();
      return made;
    },
  };
}

/** The same after a request and a silence, with another request that is blocked. */
async function blocked() {
  const server = await blockable();
  const first = server.request();
  await vi.waitFor(() => expect(first.outcome).toBe('200'));
  server.pass(11_000);
  server.block();
  const waiting = server.request();
  await vi.waitFor(() => expect(server.seen).toContain('PING on 0'));
  server.pass(LIMITS.connectMs + 1000);
  return { ...server, waiting };
}

describe('a session to an instance whose event loop is blocked', () => {
  it('is not ended for some seconds of silence: its requests wait, and are responded to', async () => {
    const { waiting, unblock, pass } = await blocked();
    pass(13_000);
    expect(waiting.outcome).toBe('');
    unblock();
    await vi.waitFor(() => expect(waiting.outcome).toBe('200'));
  });

  it('is avoided by new requests as long as a PING has no response, and used again afterwards', async () => {
    const { request, sessions, seen, unblock, waiting } = await blocked();
    const next = request();
    await vi.waitFor(() => expect(next.outcome).toBe('200'));
    expect(sessions.size).toBe(2);
    expect(seen.at(-1)).toBe('request on 1');
    unblock();
    await vi.waitFor(() => expect(waiting.outcome).toBe('200'));
    const last = request();
    await vi.waitFor(() => expect(last.outcome).toBe('200'));
    expect(seen.at(-1)).toBe('request on 0');
  });

  it('is closed once its last request has given up', async () => {
    const { waiting, sessions } = await blocked();
    const [first] = sessions;
    if (first === undefined) throw new Error('no session was opened');
    const ended = once(first.socket, 'end');
    waiting.abandon();
    await ended;
  });

  it('is ended after twenty seconds, as one to a host that is lost', async () => {
    const { waiting, pass } = await blocked();
    pass(15_000);
    await vi.waitFor(() => expect(waiting.outcome).toBe('responds to no PING'));
  });
});
