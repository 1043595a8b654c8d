import { errorMessage } from '@rollcall/runtime';
import { describeAddress } from '../bus-url.ts';
import type { BusUrl, ServerAddress } from '../bus-url.ts';
import type { Connection, ConnectionHandlers } from '../connection.ts';
import { EngineSocket } from '../engine-socket.ts';
import { ProtocolError } from '../protocol-error.ts';
import { credentialsOf } from './credentials.ts';
import { NatsParser } from './nats-parser.ts';

/** What a bus has to carry. It is the default of NATS. */
const MIN_PAYLOAD = 2 ** 20;

/** What the server says of itself. */
interface Info {
  readonly max_payload?: number;
  readonly tls_required?: boolean;
  readonly nonce?: string;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection to one NATS server. NATS confirms nothing by itself. It answers a ping when it has taken in all that came before,
 * or has reported an error, so one ping confirms what was sent in one turn.
 */
export class NatsConnection implements Connection {
  /** As the server says. */
  maxBytes: number = MIN_PAYLOAD;
  readonly server: string;
  readonly #socket: EngineSocket;
  readonly #subscriptions = new Map<string, number>();
  /** The pings that the server has not answered. */
  #waiting: Waiting[] = [];
  /** Of what is sent in this turn. */
  #confirmation: Promise<void> | undefined;
  #onInfo: (info: Info) => void = () => {};
  #lastSid = 0;

  private constructor(server: ServerAddress, handlers: ConnectionHandlers, signal: AbortSignal) {
    this.server = describeAddress(server);
    const parser = new NatsParser({
      onMessage: (subject, sid, message) => {
        // An earlier subscription to it may still deliver.
        if (this.#subscriptions.get(subject) === sid) handlers.onMessage(subject, message);
      },
      onInfo: (json) => this.#onInfo(parseInfo(json)),
      onError: (reason) => {
        throw new ProtocolError(reason);
      },
      onPing: () => this.#socket.write('PONG\r\n'),
      onPong: () => this.#waiting.shift()?.resolve(),
    });
    const onLost = (reason: string, wasOpen: boolean): void => {
      this.#rejectAll(reason);
      if (wasOpen) handlers.onLost(`${server.host}:${server.port}: ${reason}`);
    };
    const onData = (chunk: Buffer): void => parser.read(chunk);
    // TLS begins when the server has said that it needs it.
    this.#socket = new EngineSocket(server, false, { onData, onLost }, signal);
  }

  /** Connects and signs in. Rejects with a reason that has no secret; then no socket is left. */
  static async open(
    url: BusUrl,
    server: ServerAddress,
    handlers: ConnectionHandlers,
    signal: AbortSignal,
  ): Promise<NatsConnection> {
    signal.throwIfAborted();
    const connection = new NatsConnection(server, handlers, signal);
    try {
      await connection.#signIn(url, await connection.#info());
      connection.#socket.markOpen();
      return connection;
    } catch (error) {
      await connection.destroy();
      throw new Error(`${server.host}:${server.port}: ${errorMessage(error)}`, { cause: error });
    }
  }

  publish(subject: string, message: string): Promise<unknown> {
    const confirmed = this.#confirmed();
    this.#socket.write(`PUB ${subject} ${Buffer.byteLength(message)}\r\n${message}\r\n`);
    return confirmed;
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    const confirmed = this.#confirmed();
    for (const subject of subjects) {
      if (this.#subscriptions.has(subject)) continue;
      const sid = (this.#lastSid += 1);
      this.#subscriptions.set(subject, sid);
      this.#socket.write(`SUB ${subject} ${sid}\r\n`);
    }
    return confirmed;
  }

  unsubscribe(subject: string): Promise<unknown> {
    const confirmed = this.#confirmed();
    const sid = this.#subscriptions.get(subject);
    this.#subscriptions.delete(subject);
    if (sid !== undefined) this.#socket.write(`UNSUB ${sid}\r\n`);
    return confirmed;
  }

  ping(): Promise<unknown> {
    return this.#confirmed();
  }

  destroy(): Promise<void> {
    this.#rejectAll('closed');
    return this.#socket.destroy();
  }

  /** The server speaks first. */
  #info(): Promise<Info> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: () => {}, reject });
      this.#onInfo = (info) => {
        this.#onInfo = () => {};
        this.#waiting.shift();
        resolve(info);
      };
    });
  }

  async #signIn(url: BusUrl, info: Info): Promise<void> {
    const { max_payload: maxPayload = MIN_PAYLOAD, nonce = '' } = info;
    if (maxPayload < MIN_PAYLOAD) {
      throw new Error(`its max_payload is ${maxPayload}: it has to be ${MIN_PAYLOAD} at least`);
    }
    this.maxBytes = maxPayload;
    if (info.tls_required === true && !url.isSecure) throw new Error('it requires tls://');
    if (url.isSecure) this.#socket.secure();
    const options = {
      lang: 'node',
      version: '1.0.0',
      name: 'rollcall-broker',
      protocol: 1,
      verbose: false,
      pedantic: false,
      echo: true,
      tls_required: url.isSecure,
      ...(await credentialsOf(url, nonce)),
    };
    this.#socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
    await this.#confirmed();
  }

  /** Confirms what is written from now on in this turn. Called before that, its ping is sent with it. */
  #confirmed(): Promise<void> {
    if (this.#socket.isLost) return Promise.reject(new Error('closed'));
    this.#confirmation ??= new Promise((resolve, reject) => {
      queueMicrotask(() => {
        this.#confirmation = undefined;
        if (this.#socket.isLost) {
          reject(new Error('closed'));
          return;
        }
        this.#socket.write('PING\r\n');
        this.#waiting.push({ resolve, reject });
      });
    });
    return this.#confirmation;
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(reason));
  }
}

function parseInfo(json: string): Info {
  try {
    return JSON.parse(json) as Info;
  } catch {
    throw new ProtocolError('it does not speak the protocol of NATS');
  }
}
