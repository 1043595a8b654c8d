import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Broker } from '@rollcall/broker';
import { APP } from './sdk.ts';

export interface Frame {
  readonly event: string;
  readonly channel?: string;
  readonly data: unknown;
}

/** A client that sends exactly what the test says, valid or not. */
export class RawClient {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #frames: Frame[] = [];
  readonly #waiting: ((frame: Frame) => void)[] = [];

  constructor(broker: Pick<Broker, 'url'>, target: string = `/app/${APP.key}?protocol=7`) {
    this.socket = new WebSocket(`${broker.url.replace('http', 'ws')}${target}`);
    this.closed = new Promise((resolve) => this.socket.once('close', (code) => resolve(code)));
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      const take = this.#waiting.shift();
      if (take === undefined) this.#frames.push(frame);
      else take(frame);
    });
  }

  /** The next frame, in the order they come. */
  next(): Promise<Frame> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  say(event: string, data: unknown, channel?: string): void {
    this.socket.send(JSON.stringify({ event, data, channel }));
  }

  /** Waits until the broker has taken all that was said so far. */
  async settled(): Promise<void> {
    this.say('pusher:ping', {});
    for (let frame = await this.next(); frame.event !== 'pusher:pong';) frame = await this.next();
  }

  async subscribe(channel: string): Promise<void> {
    this.say('pusher:subscribe', { channel });
    await this.settled();
  }

  /** Ends at once, as a killed process does. */
  async kill(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.terminate();
    await closed;
  }
}

/** A client that has been greeted. */
export async function connectedClient(
  broker: Pick<Broker, 'url'>,
): Promise<RawClient & { readonly socketId: string }> {
  const client = new RawClient(broker);
  const { data } = await client.next();
  const { socket_id: socketId } = JSON.parse(String(data)) as { socket_id: string };
  return Object.assign(client, { socketId });
}
