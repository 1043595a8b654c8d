import type { Connection } from '../src/app/connection.ts';

export interface Frame {
  readonly event: string;
  readonly channel?: string;
  readonly data: unknown;
  readonly user_id?: string;
}

let connections = 0;

/** A client without a socket, which remembers what it was sent. */
export class FakeConnection implements Connection {
  readonly socketId: string = `1.${(connections += 1)}`;
  /** As they came: to compare what is the same string for everyone. */
  readonly texts: string[] = [];
  /** The code it was closed with. */
  closed: number | undefined;

  send(text: string): void {
    this.texts.push(text);
  }

  close(code: number): void {
    this.closed = code;
  }

  /** What came since the last call, with `data` taken out of its second encoding. */
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
