import { passBytes } from '../node-internals.ts';
import type { ClientSocket } from '../proxy.ts';
import { FROM_CLIENTS, SocketReader } from '../sockets/read-into.ts';
import { DirectSocket } from '../sockets/direct-socket.ts';
import type { Client } from './client.ts';

const CLIENT = Symbol('client');
const CLIENTS = Symbol('clients');

/** A socket, and what serves it. */
interface Served extends ClientSocket {
  [CLIENT]?: Client;
  [CLIENTS]?: Clients;
}

/**
 * The open connections of clients. What listens to their sockets are functions that all of them share: closures for each
 * would be a fifth of the memory that an idle connection takes.
 */
export class Clients {
  readonly #all = new Set<Client>();
  #onLastClosed: (() => void) | undefined;

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Client> {
    return this.#all.values();
  }

  /** Has a client serve a socket, in place of what has served it. */
  serve(socket: ClientSocket, client: Client): void {
    const served: Served = socket;
    const before = served[CLIENT];
    served[CLIENT] = client;
    served[CLIENTS] = this;
    this.#all.add(client);
    if (socket instanceof DirectSocket) socket.readBy(client);
    if (before === undefined) listen(served, client);
    else this.#all.delete(before);
  }

  /** Resolves when all have closed. */
  async closed(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => (this.#onLastClosed = resolve));
  }

  remove(client: Client): void {
    this.#all.delete(client);
    if (this.size === 0) this.#onLastClosed?.();
  }
}

/** @param client serves the socket to its end if that is secure: by then it has said what it speaks */
function listen(socket: Served, client: Client): void {
  const isRead =
    socket instanceof DirectSocket ||
    passBytes(socket, new SocketReader(FROM_CLIENTS, client).onread());
  if (!isRead) socket.on('data', onData);
  socket.on('drain', onDrain).on('end', onEnd).on('error', onError).on('close', onClose);
}

function onData(this: Served, bytes: Buffer): void {
  this[CLIENT]?.take(bytes);
}

function onDrain(this: Served): void {
  this[CLIENT]?.onDrain();
}

function onEnd(this: Served): void {
  this[CLIENT]?.onEnd();
}

/** `close` follows. */
function onError(): void {}

function onClose(this: Served): void {
  const client = this[CLIENT];
  if (client === undefined) return;
  client.onClose();
  this[CLIENTS]?.remove(client);
}
