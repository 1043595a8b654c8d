import type { Duplex } from 'node:stream';
import type { ClientStream } from '../exchange/client-stream.ts';
import type { Http1Request } from '../http1/request.ts';
import { informationalHead, responseHead } from '../http1/write-response.ts';
import type { BodyEnd, ResponseHead } from '../message.ts';
import type { ClientSocket } from '../proxy.ts';
import { pendingBytes, resetOnDestroy } from '../node-internals.ts';
import { keepTunnelAlive } from '../sockets/keep-alive.ts';
import { writeMessage, writeParts } from '../sockets/write-message.ts';

/** What the stream needs of its connection. */
export interface Http1StreamOwner {
  /** Whether the response that is about to be sent ends the connection (RFC 9112 §9.6). */
  isLast(): boolean;
  /** The connection carries a tunnel from here on. */
  upgraded(): void;
  /** @param isLast what `isLast` has said before the head was sent */
  finished(isLast: boolean): void;
  pause(): void;
  resume(): void;
}

/** The stream of a connection by HTTP/1.1, which carries one request after the other. */
export class Http1Stream implements ClientStream {
  readonly #socket: ClientSocket;
  readonly #raw: Duplex;
  readonly #owner: Http1StreamOwner;
  #version: Http1Request['version'] = '1.1';
  #isChunked = false;
  #isLast = true;
  #isTunnel = false;

  /** @param raw what carries the socket: itself, or the connection under a secure one */
  constructor(socket: ClientSocket, raw: Duplex, owner: Http1StreamOwner) {
    this.#socket = socket;
    this.#raw = raw;
    this.#owner = owner;
  }

  /** The next request begins. */
  begin(version: Http1Request['version']): void {
    this.#version = version;
  }

  sendInformational(head: ResponseHead): boolean {
    // RFC 9110 §15.2: HTTP/1.0 knows no 1xx.
    if (this.#version === '1.0') return true;
    return this.#socket.write(informationalHead(head), 'latin1');
  }

  sendUpgrade(head: ResponseHead): void {
    this.#isTunnel = true;
    keepTunnelAlive(this.#socket);
    this.#socket.write(informationalHead(head), 'latin1');
    this.#owner.upgraded();
  }

  sendHead(head: ResponseHead, requestId: string, parts: readonly Buffer[], end: BodyEnd): boolean {
    // HTTP/1.0 has no chunks: a body of unknown length ends with the connection.
    const isHttp10 = this.#version === '1.0';
    this.#isChunked = head.length < 0 && !isHttp10;
    this.#isLast = this.#owner.isLast() || (head.length < 0 && isHttp10);
    const delivery = { isChunked: this.#isChunked, isLast: this.#isLast, isHttp10 };
    const text = responseHead(head, requestId, delivery);
    return writeMessage(this.#socket, text, parts, this.#isChunked, end);
  }

  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    if (!this.#isTunnel) return writeMessage(this.#socket, '', parts, this.#isChunked, end);
    const flows = writeParts(this.#socket, parts);
    if (end.done) this.#socket.end();
    return flows;
  }

  get hasPendingWrites(): boolean {
    return pendingBytes(this.#socket) > 0;
  }

  reset(): void {
    // A FIN would be a clean end of a response that ends with the connection.
    if (!this.#socket.writableEnded) resetOnDestroy(this.#raw);
    this.#socket.destroy();
  }

  finish(): void {
    this.#owner.finished(this.#isLast);
  }

  pause(): void {
    this.#owner.pause();
  }

  resume(): void {
    this.#owner.resume();
  }
}
