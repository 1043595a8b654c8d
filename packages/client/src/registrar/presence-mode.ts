import { setTimeout as delay } from 'node:timers/promises';
import { parseDiscoveryEvent, parsePresenceUserId } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import { acceptsConnections } from '@rollcall/runtime';
import { describeServer } from '../transport/registry-config.ts';
import type { RegistryConfig } from '../transport/registry-config.ts';
import { endpointOf, openLink } from '../transport/link.ts';
import type { Link } from '../transport/link.ts';
import { openFrom, ownerIdentity, presenceChannel } from '../transport/presence.ts';
import { refusedBy, unreachable } from '../transport/publisher.ts';
import type { KeepAlive, KeepAliveContext } from './keep-alive.ts';

/** For the first connection. If no server listens at all, that is detected sooner. */
const JOIN_MS = 10_000;
const PROBE_MS = 2000;
const PROBE_WAITS_MS = [100, 400];
/** Presence snapshots have what was announced at joining, so a change has to be repeated in case it was lost. */
const REPEATS_MS = [5000, 25_000];
/** After an outage of the broker all instances reconnect at once: their announcements are spread over this. */
const REANNOUNCE_MS = 1000;

/**
 * Keeps an owner in its presence channel, so that the transport itself reports which instances are running,
 * and lets it receive roll calls and corrections of its incarnation. See "Owners" in docs/reference/protocol.md.
 */
export function presenceMode(context: KeepAliveContext): KeepAlive {
  const { registry, owner, announce, onFault, random = Math.random } = context;
  const { channels } = registry;
  const { id } = owner.announcement;
  const channel = presenceChannel(registry, id);
  const timers = new Set<NodeJS.Timeout>();
  let link: Link | undefined;
  let isMuted = false;

  function later(milliseconds: number, act: () => void): void {
    // What it receives while it is leaving, such as its own exit, needs no reaction.
    if (isMuted) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, milliseconds);
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
        const parsed = parseDiscoveryEvent(event, openFrom(registry, id, data));
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

  function begin(opened: Link, onJoined: () => void): void {
    link = opened;
    opened.subscribe(channels.owners, { onEvent: answer });
    join(opened, onJoined);
  }

  return {
    changed() {
      for (const wait of REPEATS_MS) announceAfter(wait);
    },
    async start() {
      await joined(registry, begin, onFault);
      await announce();
    },
    mute,
    stop() {
      mute();
      link?.close();
    },
  };
}

/**
 * Opens a link and resolves when the presence channel is joined. If the server refuses something after that,
 * `onFault` is called, once for each connection.
 */
function joined(
  registry: RegistryConfig,
  begin: (link: Link, onJoined: () => void) => void,
  onFault: (error: Error) => void,
): Promise<void> {
  const where = describeServer(registry);
  return new Promise((resolve, reject) => {
    let isOver = false;
    let isReported = false;
    function settle(act: () => void): void {
      clearTimeout(timer);
      isOver = true;
      act();
    }
    const timer = setTimeout(() => {
      settle(() => reject(unreachable(where, `no presence within ${JOIN_MS / 1000} s`)));
    }, JOIN_MS);
    const link = openLink(registry, {
      onConnected: () => (isReported = false),
      onRefused: (reason) => {
        if (!isOver) settle(() => reject(refusedBy(where, reason)));
        else if (!isReported) onFault(refusedBy(where, reason));
        isReported = true;
      },
    });
    begin(link, () => settle(resolve));
    void isReachable(registry, () => isOver).then((isThere) => {
      if (!isThere && !isOver) settle(() => reject(unreachable(where, 'nothing listens there')));
    });
  });
}

/** Whether the broker's address accepts connections, tried three times within a second. */
async function isReachable(registry: RegistryConfig, isOver: () => boolean): Promise<boolean> {
  for (const wait of [...PROBE_WAITS_MS, 0]) {
    if (isOver() || (await acceptsConnections(endpointOf(registry), PROBE_MS))) return true;
    await delay(wait);
  }
  return false;
}
