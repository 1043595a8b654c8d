import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { FLAG, FRAME, frame, PREFACE } from '../../src/http2/frames.ts';
import type { Frame } from '../../src/http2/frame-reader.ts';
import { FrameReader } from '../../src/http2/frame-reader.ts';
import { encodeField } from '../../src/http2/hpack-encoder.ts';
import type { Upstream } from '../../src/proxy.ts';
import { afterwards, listen } from '../harness.ts';

/** One session of a server that writes frames one by one. */
export interface FrameSession {
  readonly write: (frames: string) => void;
  /** Sends a response. */
  readonly respond: (
    streamId: number,
    fields: readonly (readonly [string, string])[],
    body?: string,
    isWhole?: boolean,
  ) => void;
  readonly socket: Socket;
}

/** An upstream that sends SETTINGS, and what a test makes of each frame. */
export async function frameServer(
  onFrame: (frame: Frame, session: FrameSession, index: number) => void,
  settings = '',
): Promise<Upstream> {
  let opened = 0;
  const server = createServer((socket) => {
    const index = opened++;
    const reader = new FrameReader(2 ** 24);
    let preface = PREFACE.length;
    const session: FrameSession = {
      socket,
      write: (frames) => socket.write(frames, 'latin1'),
      respond(streamId, fields, body, isWhole = true) {
        const block = fields.map(([name, value]) => encodeField(name, value)).join('');
        const flags = FLAG.endHeaders | (body === undefined ? FLAG.endStream : 0);
        session.write(frame(FRAME.headers, flags, streamId, block));
        if (body !== undefined)
          session.write(frame(FRAME.data, isWhole ? FLAG.endStream : 0, streamId, body));
      },
    };
    afterwards(() => socket.destroy());
    socket.on('error', () => {});
    session.write(frame(FRAME.settings, 0, 0, settings));
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(preface, bytes.length);
      preface -= skipped;
      reader.read(bytes.subarray(skipped), (each) => onFrame(each, session, index));
    });
  });
  return { ...(await listen(server)), isHttp2: true };
}
