import { setTimeout as delay } from 'node:timers/promises';
import { parseDiscoveryEvent, parsePresenceUserId } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import { acceptsConnections } from '@rollcall/runtime';
import { describeServer } from '../transport/connection.ts';
import type { RegistryConfig } from '../transport/connection.ts';
import { endpointOf, openLink } from '../transport/link.ts';
import type { Link } from '../transport/link.ts';
import { openFrom, ownerIdentity, presenceChannel } from '../transport/presence.ts';
import { refusedBy, unreachable } from '../transport/publisher.ts';
import type { Voice, VoiceContext } from './voice.ts';

/** For the first connection; a server that is not there at all is found out sooner. */
const JOIN_MS = 10_000;
const PROBE_MS = 2000;
const PROBE_WAITS_MS = [100, 400];
/** A snapshot of the transport has what was announced at joining: a change that is lost to all must be said again. */
const REPEATS_MS = [5000, 25_000];
/** After a reconnect all instances come back at once: their words are spread over this. */
const REANNOUNCE_MS = 1000;

/**
 * Keeps an owner in its presence channel, so that the transport itself tells who is there, and lets it
 * hear who asks for it or has outlived it. See "Owners" in docs/reference/protocol.md.
 */
export function presenceMode(context: VoiceContext): Voice {
  const { connection, owner, say, onFault, random = Math.random } = context;
  const { channels } = connection;
  const { id } = owner.announcement;
  const channel = presenceChannel(connection, id);
  const timers = new Set<NodeJS.Timeout>();
  let link: Link | undefined;
  let isQuiet = false;

  function later(milliseconds: number, act: () => void): void {
    // What comes while the owner is leaving, such as that it has left, is no reason to speak.
    if (isQuiet) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, milliseconds);
    timers.add(timer);
  }

  function sayAfter(milliseconds: number): void {
    later(milliseconds, () => void say().catch(onFault));
  }

  function quiet(): void {
    isQuiet = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    link?.unsubscribe(channels.owners);
  }

  function join(opened: Link, onJoined: () => void): void {
    let isFirst = true;
    opened.subscribe(channel, {
      identify: () => ownerIdentity(connection, owner.show()),
      onSubscribed(members) {
        if (isFirst) onJoined();
        else sayAfter(random() * REANNOUNCE_MS);
        isFirst = false;
        members.forEach(meet);
      },
      onJoined: meet,
      onEvent(event, data) {
        if (event !== 'table') return;
        const parsed = parseDiscoveryEvent(event, openFrom(connection, id, data));
        if (parsed.ok && parsed.value.type === 'table') parsed.value.statements.forEach(hear);
      },
    });
  }

  /** Another member of our channel is an observer, or a run of the same id. */
  function meet({ userId }: Member): void {
    const run = parsePresenceUserId(userId);
    if (run?.id !== id) return;
    hear({ announcement: { ...owner.announcement, inc: run.inc }, left: false });
  }

  function hear(statement: Statement): void {
    const at = owner.received(statement, performance.now());
    if (at !== undefined) later(at - performance.now(), outbid);
  }

  function outbid(): void {
    if (link === undefined || owner.outbid(performance.now()) === undefined) return;
    onFault(
      new Error(
        `a later run of ${id} was known: going on as a later one. If this happens again and again, two programs use this id: give each its own`,
      ),
    );
    // A member's user_id is fixed while it is in the channel.
    link.unsubscribe(channel);
    join(link, () => sayAfter(0));
  }

  function answer(event: string, data: unknown): void {
    if (event !== 'rollcall') return;
    const parsed = parseDiscoveryEvent(event, data);
    if (!parsed.ok || parsed.value.type !== 'rollcall') return;
    const wait = owner.answerAfter(parsed.value, random());
    if (wait !== undefined) sayAfter(wait);
  }

  function begin(opened: Link, onJoined: () => void): void {
    link = opened;
    opened.subscribe(channels.owners, { onEvent: answer });
    join(opened, onJoined);
  }

  return {
    changed() {
      for (const wait of REPEATS_MS) sayAfter(wait);
    },
    async start() {
      await joined(connection, begin, onFault);
      await say();
    },
    quiet,
    stop() {
      quiet();
      link?.close();
    },
  };
}

/**
 * Opens a link and resolves when the presence channel is joined. What the server refuses after that, `onFault`
 * hears of, once for each connection that was made.
 */
function joined(
  connection: RegistryConfig,
  begin: (link: Link, onJoined: () => void) => void,
  onFault: (error: Error) => void,
): Promise<void> {
  const where = describeServer(connection);
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
    const link = openLink(connection, {
      onConnected: () => (isReported = false),
      onRefused: (reason) => {
        if (!isOver) settle(() => reject(refusedBy(where, reason)));
        else if (!isReported) onFault(refusedBy(where, reason));
        isReported = true;
      },
    });
    begin(link, () => settle(resolve));
    void isThere(connection, () => isOver).then((there) => {
      if (!there && !isOver) settle(() => reject(unreachable(where, 'nobody listens there')));
    });
  });
}

/** Whether anybody listens at the broker's address, asked three times within a second. */
async function isThere(connection: RegistryConfig, isOver: () => boolean): Promise<boolean> {
  for (const wait of [...PROBE_WAITS_MS, 0]) {
    if (isOver() || (await acceptsConnections(endpointOf(connection), PROBE_MS))) return true;
    await delay(wait);
  }
  return false;
}
