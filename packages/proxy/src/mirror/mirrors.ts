import type { Clock } from '../clock.ts';
import { without } from '../http1/fields.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import type { Limits } from '../limits.ts';
import type { RequestHead } from '../message.ts';
import type { Mirror, MirrorDrop } from '../proxy.ts';
import type { Pools } from '../upstream/pools.ts';
import { MirroredRequest } from './mirrored-request.ts';
import type { CopiedHead } from './mirrored-request.ts';
import { RequestCopy } from './request-copy.ts';
import type { CopyOwner } from './request-copy.ts';

/** By which an instance recognizes a copy. As every X-Forwarded-*, it is believed from trusted proxies only. */
const MARK = 'x-forwarded-mirror';
/** All copies may hold so much, as a share of what is held for clients. It comes on top: no client is reset for a copy. */
const HELD_SHARE = 1 / 4;

/** All copies of requests, from their first byte to the end of their responses. Clients wait for none of them. */
export class Mirrors implements CopyOwner {
  readonly #pools: Pools;
  readonly #clock: Clock;
  readonly #limits: Pick<Limits, 'heldBytes'>;
  readonly #room: () => number;
  readonly #sent = new Set<MirroredRequest>();
  #heldBytes = 0;

  /** @param room returns how many connections of clients could still be opened, each with one to an upstream */
  constructor(pools: Pools, clock: Clock, limits: Pick<Limits, 'heldBytes'>, room: () => number) {
    this.#pools = pools;
    this.#clock = clock;
    this.#limits = limits;
    this.#room = room;
  }

  /**
   * Begins the copy of a request that filters have let pass.
   * @returns undefined if it gets none
   */
  begin(mirror: Mirror, head: RequestHead, facts: RequestFacts): RequestCopy | undefined {
    if (head.upgrades) return drop(mirror, 'upgrade');
    if (head.length > mirror.maxBodyBytes) return drop(mirror, 'body-size');
    const fields = `${without(head.fields, [MARK])}${MARK}: true\r\n`;
    // The body has come when the copy is sent.
    const copied = { ...head, fields, expectsContinue: false };
    return new RequestCopy(mirror, this, { head: copied, facts });
  }

  reserve(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#limits.heldBytes * HELD_SHARE) return false;
    this.#heldBytes += bytes;
    return true;
  }

  free(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  send(mirror: Mirror, copied: CopiedHead, body: Buffer, heldBytes: number): void {
    // Each may need a descriptor, and keeps its connection for a while: the rest is for clients and their upstreams.
    const hasRoom = this.#sent.size < this.#room() / 2;
    const upstream = hasRoom ? mirror.next() : drop(mirror, 'descriptors');
    if (upstream === undefined) return this.free(heldBytes);
    const deadline = this.#clock.after(mirror.timeoutMs);
    const facts = { ...copied.facts, host: upstream.host };
    const request = new MirroredRequest({ ...copied, facts, body, deadline }, (status) => {
      this.#sent.delete(request);
      this.free(heldBytes);
      mirror.onEnd(status);
    });
    this.#sent.add(request);
    request.start(this.#pools.of(upstream).take());
  }

  /** Ends what takes too long. @param now by the clock */
  check(now: number): void {
    for (const request of this.#sent) request.check(now);
  }
}

function drop(mirror: Mirror, reason: MirrorDrop): undefined {
  mirror.onDropped(reason);
}
