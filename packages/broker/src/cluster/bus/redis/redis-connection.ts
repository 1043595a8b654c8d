import { describeAddress } from '../bus-url.ts';
import type { BusUrl, ServerAddress } from '../bus-url.ts';
import type { Connection, ConnectionHandlers } from '../connection.ts';
import { RespConnection } from './resp-connection.ts';
import { MAX_MESSAGE } from './resp-parser.ts';

/** A connection to one Redis server. */
export class RedisConnection implements Connection {
  readonly maxBytes: number = MAX_MESSAGE;
  readonly server: string;
  readonly #server: RespConnection;

  private constructor(server: RespConnection, address: ServerAddress) {
    this.#server = server;
    this.server = describeAddress(address);
  }

  static async open(
    url: BusUrl,
    server: ServerAddress,
    handlers: ConnectionHandlers,
    signal: AbortSignal,
  ): Promise<RedisConnection> {
    return new RedisConnection(await RespConnection.open(url, server, handlers, signal), server);
  }

  publish(subject: string, message: string): Promise<unknown> {
    return this.#server.command('PUBLISH', subject, message);
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#server.subscription('subscribe', subjects);
  }

  unsubscribe(subject: string): Promise<unknown> {
    return this.#server.subscription('unsubscribe', [subject]);
  }

  ping(): Promise<unknown> {
    return this.#server.command('PING');
  }

  /** `master` or `slave`. */
  async role(): Promise<string> {
    const reply = await this.#server.command('ROLE');
    return Array.isArray(reply) ? String(reply[0]) : '';
  }

  destroy(): Promise<void> {
    return this.#server.destroy();
  }
}
