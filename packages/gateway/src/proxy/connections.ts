import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of clients, and what is being answered on them. node:http closes those that are idle
 * when the server closes, but neither those that have never asked anything nor those that become idle
 * later (Node 20.20).
 */
export class Connections {
  readonly #sockets = new Set<Socket>();
  readonly #answers = new Map<ServerResponse, Socket>();
  #isClosing = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** A request has come whose answer this will be. */
  begin(response: ServerResponse): void {
    const { socket } = response.req;
    this.#answers.set(response, socket);
    if (this.#isClosing) response.shouldKeepAlive = false;
    response.once('close', () => {
      this.#answers.delete(response);
      // Its head may have gone out, with keep-alive, before we knew.
      if (this.#isClosing && socket.writable && !this.#isBusy(socket)) socket.destroySoon();
    });
  }

  /** Closes what is idle now, and the others with `Connection: close` when they have their answer (RFC 9112 §9.6). */
  close(): void {
    this.#isClosing = true;
    for (const response of this.#answers.keys()) response.shouldKeepAlive = false;
    for (const socket of this.#sockets) {
      // One that is no longer writable has its answer, and lingers until the client has read it.
      if (socket.writable && !this.#isBusy(socket)) socket.destroy();
    }
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #isBusy(socket: Socket): boolean {
    return [...this.#answers.values()].includes(socket);
  }
}
