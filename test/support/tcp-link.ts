import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

interface Place {
  readonly host: string;
  readonly port: number;
}

/** A way to a listener that can be broken: what connects here is relayed there. */
export class TcpLink {
  readonly #target: Place;
  readonly #server: Server;
  readonly #relays = new Set<Relay>();
  #isCut = false;

  private constructor(target: Place) {
    this.#target = target;
    // Nothing is read of a connection before it has a way to go.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
      const relay = new Relay(near, () => this.#relays.delete(relay));
      this.#relays.add(relay);
      if (!this.#isCut) relay.flow(this.#target);
    });
  }

  /** @param at where it listens; by default the system chooses the port */
  static async to(target: Place, at: Place = { host: '127.0.0.1', port: 0 }): Promise<TcpLink> {
    const link = new TcpLink(target);
    link.#server.listen(at.port, at.host);
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on nothing comes through and nobody is told, as when packets are lost on the way. */
  cut(): void {
    this.#isCut = true;
    for (const relay of this.#relays) relay.hold();
  }

  /** Resets every connection. The next one is relayed, unless the link is cut. */
  sever(): void {
    for (const relay of this.#relays) relay.reset();
  }

  /** What was held back comes through after all, as TCP sends again what was lost. */
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

/** One connection, from who made it to where it leads. */
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

  flow(target: Place): void {
    this.#isHeld = false;
    this.#far ??= this.#watch(connect({ ...target, allowHalfOpen: true }));
    if (this.#near.destroyed || this.#far.destroyed) {
      this.reset();
      return;
    }
    this.#near.pipe(this.#far).pipe(this.#near);
  }

  /** Unread, neither side learns even that the other has closed. */
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
