import { parseDiscoveryEvent, parsePresenceUserId } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import { openLink } from '../transport/link.ts';
import type { Link } from '../transport/link.ts';
import { ownerIdentity, presenceChannel } from '../transport/presence.ts';
import { refusedBy, unreachable, whyUnreachable } from '../transport/reach.ts';
import { MAX_RETRY_MS, RETRY_MS } from './keep-alive.ts';
import type { KeepAlive, KeepAliveContext } from './keep-alive.ts';

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
  const { registry, owner, announce, onAccepted, onFault, random = Math.random } = context;
  const { channels } = registry;
  const { id } = owner.announcement;
  const channel = presenceChannel(registry, id);
  const timers = new Set<NodeJS.Timeout>();
  let link: Link | undefined;
  let isMuted = false;
  let isJoined = false;
  /** Whether the broker's latest refusal of a connection was reported. */
  let isReported = false;

  function later(milliseconds: number, act: () => void): void {
    // What it receives while it is leaving, such as its own exit, needs no reaction.
    if (isMuted) return;
    // The time may have come meanwhile, and Node warns of a negative one.
    const left = Math.max(0, milliseconds);
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, left);
    timers.add(timer);
  }

  function announceAfter(milliseconds: number): void {
    later(milliseconds, () => void announce().catch(onFault));
  }

  function mute(): void {
    isMuted = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    link?.unsubscribe(channels.owners);
  }

  function join(opened: Link, onJoined: () => void): void {
    let isFirst = true;
    opened.subscribe(channel, {
      identify: () => ownerIdentity(registry, owner.show()),
      onSubscribed(members) {
        if (isFirst) onJoined();
        else announceAfter(random() * REANNOUNCE_MS);
        isFirst = false;
        members.forEach(meet);
      },
      onJoined: meet,
      onEvent(event, data) {
        if (event !== 'table') return;
        const parsed = parseDiscoveryEvent(event, data);
        if (parsed.ok && parsed.value.type === 'table') parsed.value.statements.forEach(receive);
      },
    });
  }

  /** A member of the instance's channel is an observer, or a run with the same id. */
  function meet({ userId }: Member): void {
    const run = parsePresenceUserId(userId);
    if (run?.id !== id) return;
    receive({ announcement: { ...owner.announcement, inc: run.inc }, left: false });
  }

  function receive(statement: Statement): void {
    const at = owner.received(statement, performance.now());
    if (at !== undefined) later(at - performance.now(), outbid);
  }

  function outbid(): void {
    if (link === undefined || owner.outbid(performance.now()) === undefined) return;
    onFault(
      new Error(
        `another run of ${id} has a higher incarnation: continuing with the next one. If this is repeated, two programs use this id: give each its own`,
      ),
    );
    // The user_id of a member is fixed while it is in the channel.
    link.unsubscribe(channel);
    join(link, () => announceAfter(0));
  }

  function answer(event: string, data: unknown): void {
    if (event !== 'rollcall') return;
    const parsed = parseDiscoveryEvent(event, data);
    if (!parsed.ok || parsed.value.type !== 'rollcall') return;
    const wait = owner.answerAfter(parsed.value, random());
    if (wait !== undefined) announceAfter(wait);
  }

  /** Publishes the first announcement, until the broker accepts it. */
  async function introduce(retryMs = RETRY_MS): Promise<void> {
    isJoined = true;
    if (isMuted) return;
    try {
      await announce();
      onAccepted();
    } catch (error) {
      onFault(error instanceof Error ? error : new Error(String(error)));
      later(Math.min(retryMs, MAX_RETRY_MS), () => void introduce(retryMs * 2));
    }
  }

  /** Reports why the first connection is not made: a link retries without a word. */
  async function reportIfUnreachable(): Promise<void> {
    const code = await whyUnreachable(registry, () => isJoined || isMuted);
    if (code !== undefined && !isJoined && !isMuted) onFault(unreachable(registry, code));
  }

  return {
    changed() {
      for (const wait of REPEATS_MS) announceAfter(wait);
    },
    start() {
      link = openLink(registry, {
        onConnected: () => (isReported = false),
        onRefused(reason) {
          if (!isReported) onFault(refusedBy(registry, reason));
          isReported = true;
        },
      });
      link.subscribe(channels.owners, { onEvent: answer });
      join(link, () => void introduce());
      void reportIfUnreachable();
      later(JOIN_MS, () => {
        const reason = `no WebSocket connection within ${JOIN_MS / 1000} s`;
        if (!isJoined) onFault(unreachable(registry, reason));
      });
    },
    mute,
    stop() {
      mute();
      link?.close();
    },
  };
}
