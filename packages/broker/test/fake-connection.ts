import type { Connection } from '../src/app/connection.ts';

export interface Frame {
  readonly event: string;
  readonly channel?: string;
  readonly data: unknown;
  readonly user_id?: string;
}

let connections = 0;

/** A client without a socket. It keeps the frames that it was sent. */
export class FakeConnection implements Connection {
  readonly socketId: string = `1.${(connections += 1)}`;
  /** The frames as they were sent. */
  readonly texts: string[] = [];
  /** The code that it was closed with. */
  closed: number | undefined;

  send(text: string): void {
    this.texts.push(text);
  }

  close(code: number): void {
    this.closed = code;
  }

  /** Returns the frames since the last call, with `data` decoded. */
  take(): Frame[] {
    return this.texts.splice(0).map((text) => {
      const frame = JSON.parse(text) as Frame;
      return { ...frame, data: decode(frame.data) };
    });
  }
}

function decode(data: unknown): unknown {
  try {
    return typeof data === 'string' ? JSON.parse(data) : data;
  } catch {
    return data;
  }
}
