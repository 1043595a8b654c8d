import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { errorMessage } from '@rollcall/runtime';
import type { ServerAddress } from './bus-url.ts';
import { ProtocolError } from './protocol-error.ts';

export interface EngineSocketHandlers {
  /** May throw a ProtocolError, by which the connection is lost. */
  onData(chunk: Buffer): void;
  /** The connection is lost: called once, and not after `destroy`. */
  onLost(reason: string, wasOpen: boolean): void;
}

/** A socket to a server of an engine. */
export class EngineSocket {
  readonly #server: ServerAddress;
  readonly #handlers: EngineSocketHandlers;
  readonly #tcp: Socket;
  readonly #closed: Promise<void>;
  /** The one that carries data: with TLS in it or not. */
  #socket: Socket;
  #output = '';
  #isOpen = false;
  #isLost = false;

  /** @param signal ends it, also after it is connected */
  constructor(
    server: ServerAddress,
    isSecure: boolean,
    handlers: EngineSocketHandlers,
    signal: AbortSignal,
  ) {
    this.#server = server;
    this.#handlers = handlers;
    const { host, port } = server;
    this.#tcp = connectTcp({ host, port }).setNoDelay(true);
    this.#tcp.on('error', (error: NodeJS.ErrnoException) => this.lose(error.code ?? error.message));
    this.#socket = this.#tcp;
    this.#closed = new Promise((resolve) => this.#tcp.once('close', () => resolve()));
    if (isSecure) this.secure();
    else this.#watch(this.#tcp);
    const abort = (): void => this.lose(errorMessage(signal.reason));
    signal.addEventListener('abort', abort);
    void this.#closed.then(() => signal.removeEventListener('abort', abort));
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** From now on, its loss is that of a connection, and not of an attempt. Throws if it is lost already. */
  markOpen(): void {
    if (this.#isLost) throw new Error('it has closed the connection');
    this.#isOpen = true;
  }

  /** Goes on by TLS. */
  secure(): void {
    const { host } = this.#server;
    this.#tcp.removeAllListeners('data');
    this.#socket = connectTls({
      socket: this.#tcp,
      ...(isIP(host) === 0 && { servername: host }),
      host,
    });
    this.#socket.on('error', (error) => this.lose(error.message));
    this.#watch(this.#socket);
  }

  /** Writes text. What is written in one turn is sent together. */
  write(text: string): void {
    if (this.#output === '') {
      queueMicrotask(() => {
        this.#socket.write(this.#output);
        this.#output = '';
      });
    }
    this.#output += text;
  }

  lose(reason: string): void {
    if (this.#isLost) return;
    void this.destroy();
    this.#handlers.onLost(reason, this.#isOpen);
  }

  /** Resolves when it is closed. */
  destroy(): Promise<void> {
    this.#isLost = true;
    this.#socket.destroy();
    this.#tcp.destroy();
    return this.#closed;
  }

  #watch(socket: Socket): void {
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.lose('it has closed the connection'));
  }

  #read(chunk: Buffer): void {
    if (this.#isLost) return;
    try {
      this.#handlers.onData(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.lose(error.message);
    }
  }
}
