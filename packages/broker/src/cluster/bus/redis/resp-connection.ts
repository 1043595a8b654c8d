import { errorMessage } from '@rollcall/runtime';
import type { BusUrl, ServerAddress } from '../bus-url.ts';
import { EngineSocket } from '../engine-socket.ts';
import { ProtocolError } from '../protocol-error.ts';
import { RespError, RespParser } from './resp-parser.ts';
import type { RespValue } from './resp-parser.ts';

export interface RespConnectionHandlers {
  /** A message of a subject. */
  onMessage(subject: string, message: string): void;
  /** The connection is lost after it was open: called once, and not after `destroy`. */
  onLost(reason: string): void;
}

/** A command that waits for its reply, or for one push of this kind for each subject. */
interface Waiting {
  readonly pushKind: string | undefined;
  pushes: number;
  readonly resolve: (value: RespValue) => void;
  readonly reject: (error: Error) => void;
}

/** Which kinds of pushes confirm a command. */
const CONFIRMATIONS = new Set(['subscribe', 'unsubscribe', 'ssubscribe', 'sunsubscribe']);

/** One connection to one server, by RESP3: messages arrive on the connection that publishes. */
export class RespConnection {
  readonly #socket: EngineSocket;
  readonly #handlers: RespConnectionHandlers;
  /** In the order of their replies. The first of them, as many as `#answered`, have theirs. */
  #waiting: Waiting[] = [];
  #answered = 0;

  private constructor(
    { isSecure }: BusUrl,
    server: ServerAddress,
    handlers: RespConnectionHandlers,
    signal: AbortSignal,
  ) {
    this.#handlers = handlers;
    const parser = new RespParser({
      onReply: (value) => this.#onReply(value),
      onPush: (values) => this.#onPush(values),
    });
    const onLost = (reason: string, wasOpen: boolean): void => {
      this.#rejectAll(reason);
      if (wasOpen) handlers.onLost(`${server.host}:${server.port}: ${reason}`);
    };
    const onData = (chunk: Buffer): void => parser.read(chunk);
    this.#socket = new EngineSocket(server, isSecure, { onData, onLost }, signal);
  }

  /**
   * Connects and signs in. Rejects with a reason that has no secret; then no socket is left.
   * @param signal ends the connection, also later
   */
  static async open(
    url: BusUrl,
    server: ServerAddress,
    handlers: RespConnectionHandlers,
    signal: AbortSignal,
  ): Promise<RespConnection> {
    signal.throwIfAborted();
    const connection = new RespConnection(url, server, handlers, signal);
    try {
      await connection.#signIn(url);
      connection.#socket.markOpen();
      return connection;
    } catch (error) {
      await connection.destroy();
      throw new Error(`${server.host}:${server.port}: ${errorMessage(error)}`, { cause: error });
    }
  }

  command(...args: readonly string[]): Promise<RespValue> {
    return this.#send(args, undefined, 0);
  }

  /** Runs a command that is confirmed by pushes, one for each subject. */
  async subscription(command: string, subjects: readonly string[]): Promise<void> {
    if (subjects.length > 0) await this.#send([command, ...subjects], command, subjects.length);
  }

  destroy(): Promise<void> {
    this.#rejectAll('closed');
    return this.#socket.destroy();
  }

  async #signIn({ username = 'default', password }: BusUrl): Promise<void> {
    const auth = password === undefined ? [] : ['AUTH', username, password];
    const failure = await this.command('HELLO', '3', ...auth, 'SETNAME', 'rollcall-broker').then(
      () => undefined,
      errorMessage,
    );
    if (failure === undefined) return;
    // An old server repeats the command, with the password.
    const isOld = failure.startsWith('ERR unknown command');
    throw new Error(isOld ? 'it does not know HELLO: Redis 6 or newer is needed' : failure);
  }

  #send(args: readonly string[], pushKind: string | undefined, pushes: number): Promise<RespValue> {
    if (this.#socket.isLost) return Promise.reject(new Error('closed'));
    let text = `*${args.length}\r\n`;
    for (const arg of args) text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
    this.#socket.write(text);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pushKind, pushes, resolve, reject });
    });
  }

  #onReply(value: RespValue): void {
    const next = this.#waiting[this.#answered];
    if (next === undefined) throw new ProtocolError('it replies to no command');
    if (value instanceof RespError) {
      this.#shift();
      next.reject(value);
    } else if (next.pushKind === undefined) {
      this.#shift();
      next.resolve(value);
    } else {
      throw new ProtocolError(`it replies to ${next.pushKind}`);
    }
  }

  #onPush([kind, subject, message]: readonly RespValue[]): void {
    if (typeof kind !== 'string' || typeof subject !== 'string') return;
    if (kind === 'message' || kind === 'smessage') {
      if (typeof message === 'string') this.#handlers.onMessage(subject, message);
    } else if (CONFIRMATIONS.has(kind)) {
      this.#onConfirmation(kind, subject);
    }
  }

  #onConfirmation(kind: string, subject: string): void {
    const next = this.#waiting[this.#answered];
    // A cluster ends subscriptions unasked when a slot moves.
    if (next?.pushKind !== kind)
      throw new ProtocolError(`it has ended the subscription to ${subject}`);
    next.pushes -= 1;
    if (next.pushes > 0) return;
    this.#shift();
    next.resolve(null);
  }

  #shift(): void {
    this.#answered += 1;
    // Each is moved once at most, on average.
    if (2 * this.#answered < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#answered);
    this.#answered = 0;
  }

  #rejectAll(reason: string): void {
    const waiting = this.#waiting.slice(this.#answered);
    this.#waiting = [];
    this.#answered = 0;
    for (const { reject } of waiting) reject(new Error(reason));
  }
}
