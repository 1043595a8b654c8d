import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Cluster } from '../support/cluster.ts';
import { APP } from '../support/connection.ts';
import { AttackedGateway } from './attacked-gateway.ts';

/** A connection to the broker by a program that has only the app's key, as a web page does. */
class Stranger {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<Stranger> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/app/${APP.key}?protocol=7`);
    await once(socket, 'message');
    return new Stranger(socket);
  }

  /** Sends a frame, and returns the event by which the broker answers. */
  async says(event: string, frame: object): Promise<string> {
    const answer = this.#answer();
    this.#socket.send(JSON.stringify({ event, ...frame }));
    return answer;
  }

  /** The event of the next frame that is not a message of the registry. */
  async #answer(): Promise<string> {
    for (;;) {
      const [frame] = (await once(this.#socket, 'message')) as [Buffer];
      const { event } = JSON.parse(String(frame)) as { event: string };
      if (event.startsWith('pusher')) return event;
    }
  }

  close(): void {
    this.#socket.close();
  }
}

describe.each(['mapped-discovery', 'private-mapped-discovery'])(
  'a program with only the key of the app, in the registry %s',
  (channel) => {
    const isPrivate = channel.startsWith('private-');
    let cluster: Cluster;
    let attacked: AttackedGateway;
    let stranger: Stranger;
    const env = { ROLLCALL_CHANNEL: channel };
    beforeAll(async () => {
      cluster = await Cluster.start();
      attacked = await AttackedGateway.prepare(cluster);
      await attacked.startGateway({}, env);
      await attacked.startOwner(env);
      stranger = await Stranger.connect(cluster.brokerPort);
    });
    afterAll(async () => {
      stranger.close();
      await cluster.end();
      attacked.end();
    });

    it(`${isPrivate ? 'cannot' : 'can'} read what instances announce`, async () => {
      const answer = await stranger.says('pusher:subscribe', { data: { channel } });
      expect(answer).toBe(
        isPrivate ? 'pusher:subscription_error' : 'pusher_internal:subscription_succeeded',
      );
    });

    it('cannot subscribe with a signature of its own', async () => {
      const auth = `${APP.key}:${'0'.repeat(64)}`;
      const id = (await attacked.captured()).id ?? '';
      for (const name of ['private-mapped-discovery', `presence-mapped-discovery.${id}`]) {
        const channel_data = JSON.stringify({ user_id: `${id}~9000000000000000`, user_info: {} });
        const data = { channel: name, auth, channel_data };
        expect(await stranger.says('pusher:subscribe', { data })).toBe('pusher:subscription_error');
      }
      await attacked.isUnharmed();
    });

    it('cannot announce, withdraw or call the roll by events of clients', async () => {
      const before = await attacked.metric('messages_total');
      for (const name of ['client-register', 'client-exit', 'register']) {
        const data = JSON.stringify(attacked.forged());
        expect(await stranger.says(name, { channel, data })).toBe('pusher:error');
      }
      expect(await attacked.metric('messages_total')).toBe(before);
      await attacked.isUnharmed();
    });
  },
);
