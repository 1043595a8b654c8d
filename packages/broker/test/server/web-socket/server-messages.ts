import type { Writable } from 'node:stream';
import * as ws from 'ws';

/** Missing in its types. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** Returns the messages that a client reads from these bytes. */
export function serverMessages(bytes: Buffer): string[] {
  const texts: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer) => texts.push(data.toString()));
  receiver.write(bytes);
  return texts;
}
