import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

const REGISTRY = 'mapped-discovery';
const PRESENCE = 'presence-';

/** An event that a program has published. */
export interface Published {
  readonly name: string;
  readonly channel: string;
  readonly data: string;
}

interface Subscribe {
  readonly channel: string;
  readonly channel_data?: string;
}

interface Member {
  readonly user_id: string;
  readonly user_info?: object;
}

/** A server of the Pusher protocol that verifies nothing, and delivers what a test wants. */
export class HostileBroker {
  /** All that was published, delivered or not. */
  readonly published: Published[] = [];
  /** Which of them it keeps to itself. */
  withholds: (event: Published) => boolean = () => false;
  readonly #http: Server;
  /** What each client has subscribed to, and as whom. */
  readonly #clients = new Map<WebSocket, Map<string, Member | undefined>>();

  private constructor() {
    this.#http = createServer((request, response) => void this.#respond(request, response));
    const webSockets = new WebSocketServer({ server: this.#http });
    webSockets.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<HostileBroker> {
    const broker = new HostileBroker();
    await once(broker.#http.listen(0, '127.0.0.1'), 'listening');
    return broker;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#clients.keys()) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  /** The latest event of a name that was published in the registry. */
  latest(name: string): Published | undefined {
    return this.published.findLast((each) => each.channel === REGISTRY && each.name === name);
  }

  /** How many clients have subscribed to a channel. */
  subscribers(channel: string): number {
    return [...this.#clients.values()].filter((channels) => channels.has(channel)).length;
  }

  /** Delivers an event to the subscribers of a channel. @param data as text, or what its JSON is */
  deliver(event: string, data: unknown, channel = REGISTRY): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    for (const [socket, channels] of this.#clients)
      if (channels.has(channel)) socket.send(JSON.stringify({ event, channel, data: text }));
  }

  /** Says that a member has joined a presence channel, or left it. */
  say(what: 'member_added' | 'member_removed', channel: string, member: Member): void {
    this.deliver(`pusher_internal:${what}`, member, channel);
  }

  /** Sends bytes to every client. */
  sendRaw(frame: string | Buffer): void {
    for (const socket of this.#clients.keys()) socket.send(frame);
  }

  #accept(socket: WebSocket): void {
    this.#clients.set(socket, new Map());
    const send = (event: string, data: object, channel?: string): void =>
      socket.send(JSON.stringify({ event, channel, data: JSON.stringify(data) }));
    send('pusher:connection_established', { socket_id: '1.1', activity_timeout: 120 });
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('message', (frame: Buffer) => {
      const { event, data } = JSON.parse(String(frame)) as { event: string; data: Subscribe };
      if (event === 'pusher:ping') send('pusher:pong', {});
      if (event === 'pusher:unsubscribe') this.#clients.get(socket)?.delete(data.channel);
      if (event !== 'pusher:subscribe') return;
      const { channel, channel_data: text } = data;
      const member = text === undefined ? undefined : (JSON.parse(text) as Member);
      if (member !== undefined) this.say('member_added', channel, member);
      this.#clients.get(socket)?.set(channel, member);
      send('pusher_internal:subscription_succeeded', this.#presence(channel), channel);
    });
  }

  /** What the answer to a subscription shows of a presence channel. */
  #presence(channel: string): object {
    if (!channel.startsWith(PRESENCE)) return {};
    const members = this.#members(channel);
    const ids = members.map((member) => member.user_id);
    const hash = Object.fromEntries(members.map((each) => [each.user_id, each.user_info ?? null]));
    return { presence: { count: ids.length, ids, hash } };
  }

  #members(channel: string): Member[] {
    return [...this.#clients.values()].flatMap((channels) => channels.get(channel) ?? []);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const { name, channels, data } = (await json(request)) as {
        name: string;
        channels: [string];
        data: string;
      };
      const event = { name, channel: channels[0], data };
      this.published.push(event);
      if (!this.withholds(event)) this.deliver(name, data, event.channel);
      response.end('{}');
      return;
    }
    const names = new Set([...this.#clients.values()].flatMap((each) => [...each.keys()]));
    const presence = [...names].filter((name) => name.startsWith(PRESENCE));
    const counts = presence.map((name) => [name, { user_count: this.#members(name).length }]);
    response.end(JSON.stringify({ channels: Object.fromEntries(counts) }));
  }
}
