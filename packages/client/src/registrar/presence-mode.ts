import { parseDiscoveryEvent } from '@rollcall/protocol';
import type { Link } from '../transport/link.ts';
import { refusedBy, unreachable, whyUnreachable } from '../transport/reach.ts';
import { MAX_RETRY_MS, RETRY_MS } from './keep-alive.ts';
import type { KeepAlive, KeepAliveContext } from './keep-alive.ts';
import { openOwnerLink } from './owner-link.ts';
import { OwnerPresence } from './owner-presence.ts';
import { Timers } from './timers.ts';

/** For the first connection. If no server responds at all, that is detected sooner. */
const JOIN_MS = 10_000;
/** Presence snapshots have what was announced at joining, so a change has to be repeated in case it was lost. */
const REPEATS_MS = [5000, 25_000];
/** After an outage of the broker all instances reconnect at once: their announcements are spread over this. */
const REANNOUNCE_MS = 1000;

/**
 * Keeps an owner in its presence channel, so that the transport itself reports which instances are running,
 * and lets it receive roll calls and corrections of its incarnation. See "Owners" in docs/reference/protocol.md.
 */
export function presenceMode(context: KeepAliveContext): KeepAlive {
  return new PresenceMode(context);
}

class PresenceMode implements KeepAlive {
  readonly #context: KeepAliveContext;
  readonly #random: () => number;
  /** Cleared once the owner is leaving: what it receives then, such as its own exit, needs no reaction. */
  readonly #timers = new Timers();
  #link: Link | undefined;
  #presence: OwnerPresence | undefined;
  #hasJoined = false;
  /** Aborted once it has joined, or is leaving. */
  readonly #settled = new AbortController();
  /** Why there is no first connection was reported. */
  #isReported = false;
  #isLinkFaultReported = false;

  constructor(context: KeepAliveContext) {
    this.#context = context;
    this.#random = context.random ?? Math.random;
  }

  start(): void {
    const { connection, owner, onOutbid, onFault } = this.#context;
    const link = this.#openLink();
    this.#link = link;
    const onUnauthorized = (error: Error): void => this.#linkFailed(error);
    link.subscribe(connection.channels.owners, {
      onUnauthorized,
      onEvent: (event, data) => this.#answer(event, data),
    });
    this.#presence = new OwnerPresence({
      connection,
      owner,
      link,
      timers: this.#timers,
      onUnauthorized,
      onRejoined: () => this.#announceAfter(this.#random() * REANNOUNCE_MS),
      onOutbid,
      onFault,
    });
    this.#presence.join(() => this.#joined());
    this.#reportUnlessJoined();
  }

  changed(): void {
    for (const wait of REPEATS_MS) this.#announceAfter(wait);
  }

  outbid(): void {
    // Without a connection it joins, and is introduced, as the later run anyway.
    if (!this.#timers.isOver) this.#presence?.joinAgain(() => this.#joined());
  }

  mute(): void {
    this.#settled.abort();
    this.#timers.clear();
    this.#link?.unsubscribe(this.#context.connection.channels.owners);
  }

  stop(): void {
    this.mute();
    this.#link?.close();
  }

  #openLink(): Link {
    const { connection, owner } = this.#context;
    return openOwnerLink(connection, owner.announcement.id, {
      onConnected: () => (this.#isLinkFaultReported = false),
      onRefused: (reason) => this.#linkFailed(refusedBy(connection, reason)),
      onShortage: (code) => this.#linkFailed(unreachable(connection, code)),
    });
  }

  /** A link retries: why it fails is reported once until it is connected again. */
  #linkFailed(error: Error): void {
    if (!this.#isLinkFaultReported) this.#context.onFault(error);
    this.#isLinkFaultReported = this.#isReported = true;
  }

  #joined(): void {
    const isFirst = !this.#hasJoined;
    this.#hasJoined = true;
    this.#settled.abort();
    if (isFirst) void this.#introduce();
    else this.#announceAfter(0);
  }

  /** Reports why the first connection is not made, once: a link retries without a word. */
  #reportUnlessJoined(): void {
    const { connection, onFault, joinWithinMs = JOIN_MS } = this.#context;
    const report = (reason: string | undefined): void => {
      if (reason === undefined || this.#settled.signal.aborted || this.#isReported) return;
      this.#isReported = true;
      onFault(unreachable(connection, reason));
    };
    void whyUnreachable(connection, this.#settled.signal).then(report);
    this.#timers.start(joinWithinMs, () =>
      report(`no WebSocket connection within ${joinWithinMs / 1000} s`),
    );
  }

  /** Publishes the first announcement, until the broker accepts it. */
  async #introduce(retryMs = RETRY_MS): Promise<void> {
    const { announce, onAccepted, onFault } = this.#context;
    if (this.#timers.isOver) return;
    try {
      await announce();
      onAccepted();
    } catch (error) {
      onFault(error instanceof Error ? error : new Error(String(error)));
      const wait = Math.min(retryMs, MAX_RETRY_MS);
      this.#timers.start(wait, () => void this.#introduce(retryMs * 2));
    }
  }

  /** Answers the roll call of an observer that lacks the announcement. */
  #answer(event: string, data: unknown): void {
    if (event !== 'rollcall') return;
    const parsed = parseDiscoveryEvent(event, data);
    if (!parsed.ok || parsed.value.type !== 'rollcall') return;
    const wait = this.#context.owner.answerAfter(
      parsed.value,
      this.#random(),
      this.#presence?.shown,
    );
    if (wait !== undefined) this.#announceAfter(wait);
  }

  #announceAfter(milliseconds: number): void {
    const { announce, onFault } = this.#context;
    this.#timers.start(milliseconds, () => void announce().catch(onFault));
  }
}
