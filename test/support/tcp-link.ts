import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A TCP relay whose connections can be cut, reset and healed. */
export class TcpLink {
  readonly #target: Endpoint;
  readonly #server: Server;
  readonly #relays = new Set<Relay>();
  #isCut = false;

  private constructor(target: Endpoint) {
    this.#target = target;
    // A connection is paused until it has a target.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
      const relay = new Relay(near, () => this.#relays.delete(relay));
      this.#relays.add(relay);
      if (!this.#isCut) relay.flow(this.#target);
    });
  }

  /** @param at where the relay listens; by default on a port of the system's choice */
  static async to(
    target: Endpoint,
    at: Endpoint = { host: '127.0.0.1', port: 0 },
  ): Promise<TcpLink> {
    const link = new TcpLink(target);
    link.#server.listen(at.port, at.host);
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops relaying without closing connections, as a network does that loses packets. */
  cut(): void {
    this.#isCut = true;
    for (const relay of this.#relays) relay.hold();
  }

  /** Resets every connection. The next one is relayed, unless the link is cut. */
  sever(): void {
    for (const relay of this.#relays) relay.reset();
  }

  /** Relays again, including the data held back, as TCP does by retransmission. */
  heal(): void {
    this.#isCut = false;
    for (const relay of this.#relays) relay.flow(this.#target);
  }

  async close(): Promise<void> {
    this.sever();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** One relayed connection. */
class Relay {
  readonly #near: Socket;
  readonly #onEnd: () => void;
  #far: Socket | undefined;
  #isHeld = true;

  constructor(near: Socket, onEnd: () => void) {
    this.#near = near;
    this.#onEnd = onEnd;
    this.#watch(near);
  }

  flow(target: Endpoint): void {
    this.#isHeld = false;
    this.#far ??= this.#watch(connect({ ...target, allowHalfOpen: true }));
    if (this.#near.destroyed || this.#far.destroyed) {
      this.reset();
      return;
    }
    this.#near.pipe(this.#far).pipe(this.#near);
  }

  /** Stops reading both sides, so that neither even sees the other close. */
  hold(): void {
    this.#isHeld = true;
    for (const socket of [this.#near, this.#far]) socket?.unpipe().pause();
  }

  reset(): void {
    for (const socket of [this.#near, this.#far]) socket?.resetAndDestroy();
    this.#onEnd();
  }

  #watch(socket: Socket): Socket {
    socket.on('error', () => {});
    socket.on('close', (hadError) => {
      if (this.#isHeld) return;
      if (hadError) this.reset();
      else if (this.#near.destroyed && this.#far?.destroyed === true) this.#onEnd();
    });
    return socket;
  }
}
