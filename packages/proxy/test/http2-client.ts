import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { FLAG, FRAME, frame, PREFACE, uint32 } from '../src/http2/frames.ts';
import { FrameReader } from '../src/http2/frame-reader.ts';
import { HpackDecoder } from '../src/http2/hpack-decoder.ts';
import { encodeField } from '../src/http2/hpack-encoder.ts';
import { ONE } from '../../../test/support/certificates.ts';
import type { ProxyOptions } from '../src/proxy.ts';
import { afterwards } from './harness.ts';

/** What has come on a connection, or on a stream of it. */
export interface Heard {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export type Pairs = readonly (readonly [name: string, value: string])[];

export const GET: Pairs = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a.example'],
  [':path', '/'],
];
export const POST: Pairs = [[':method', 'POST'], ...GET.slice(1)];

export function block(fields: Pairs): string {
  return fields.map(([name, value]) => encodeField(name, value)).join('');
}

/** A client of HTTP/2 that writes frames one by one, wrong ones too. */
export class FrameClient {
  readonly socket: Socket;
  readonly heard: Heard[] = [];
  readonly closed: Promise<unknown>;
  readonly #decoder = new HpackDecoder();
  readonly #heads = new Map<number, Record<string, string>[]>();
  #wake = (): void => {};

  constructor(port: number, { settings = '' } = {}) {
    this.socket = connect(port, '127.0.0.1');
    afterwards(() => this.socket.destroy());
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        resolve(undefined);
        this.#wake();
      });
    });
    const reader = new FrameReader(2 ** 24);
    this.socket.on('data', (bytes: Buffer) => {
      reader.read(bytes, (each) => {
        const kept = { ...each, payload: Buffer.from(each.payload) };
        this.heard.push(kept);
        if (kept.type === FRAME.headers) this.#note(kept);
      });
      this.#wake();
    });
    this.write(PREFACE + frame(FRAME.settings, 0, 0, settings));
  }

  write(frames: string): void {
    this.socket.write(frames, 'latin1');
  }

  /** Begins a request. */
  request(streamId: number, fields: Pairs, endsStream = true): void {
    const flags = FLAG.endHeaders | (endsStream ? FLAG.endStream : 0);
    this.write(frame(FRAME.headers, flags, streamId, block(fields)));
  }

  data(streamId: number, text: string, endsStream: boolean): void {
    this.write(frame(FRAME.data, endsStream ? FLAG.endStream : 0, streamId, text));
  }

  /** Waits for the first frame of this kind. */
  async frame(
    type: number,
    streamId: number,
    test: (heard: Heard) => boolean = () => true,
  ): Promise<Heard> {
    for (;;) {
      const found = this.heard.find(
        (each) => each.type === type && each.streamId === streamId && test(each),
      );
      if (found !== undefined) return found;
      if (this.socket.destroyed) throw new Error(`closed after ${this.kinds().join(', ')}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Waits for the status of a response. */
  async status(streamId: number): Promise<string | undefined> {
    await this.frame(FRAME.headers, streamId);
    return this.head(streamId)[':status'];
  }

  /** The first block of fields of a stream. */
  head(streamId: number): Record<string, string> {
    return this.#heads.get(streamId)?.[0] ?? {};
  }

  /** Waits until a stream is reset, and returns the code. */
  async reset(streamId: number): Promise<number> {
    return (await this.frame(FRAME.rstStream, streamId)).payload.readUInt32BE(0);
  }

  /** Waits until the proxy ends the connection, and returns the code. */
  async goAway(): Promise<number> {
    return (await this.frame(FRAME.goAway, 0)).payload.readUInt32BE(4);
  }

  /** Waits until the proxy has read all that was written. */
  async settled(): Promise<void> {
    const payload = `ping${String(this.heard.length).padStart(4, '0')}`;
    this.write(frame(FRAME.ping, 0, 0, payload));
    await this.frame(FRAME.ping, 0, (each) => each.payload.toString() === payload);
  }

  /** Bytes of DATA on a stream. */
  body(streamId: number): string {
    return this.heard
      .filter((each) => each.type === FRAME.data && each.streamId === streamId)
      .map(({ payload }) => payload.toString('latin1'))
      .join('');
  }

  kinds(): string[] {
    return this.heard.map(({ type, streamId }) => `${type} on ${streamId}`);
  }

  #note({ streamId, payload }: Heard): void {
    const fields = this.#decoder.decode(payload, Infinity) ?? [];
    const head = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    this.#heads.set(streamId, [...(this.#heads.get(streamId) ?? []), head]);
  }
}

export function settingsPayload(id: number, value: number): string {
  return String.fromCharCode(id >> 8, id) + uint32(value);
}

/** A client of `node:http2`. @param options of the proxy */
export function session(port: number, options: Partial<ProxyOptions> = {}): ClientHttp2Session {
  const isSecure = options.tls !== undefined;
  const made = connectHttp2(`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`, { ca: ONE.cert });
  afterwards(() => made.destroy());
  made.on('error', () => {});
  return made;
}
