import { setImmediate } from 'node:timers/promises';
import { parsePresenceUserId, RULES } from '@rollcall/protocol';
import type { Conversation, Reaction } from '@rollcall/protocol';
import type { Link } from '../transport/link.ts';
import { OBSERVER, openMember, presenceChannel } from '../transport/presence.ts';
import type { Publisher } from '../transport/publisher.ts';
import { refusedBy } from '../transport/reach.ts';
import type { ConnectionConfig } from '../transport/registry-config.ts';

const JOINS_AT_A_TIME = 50;
/** How long to wait for snapshots before the owners are asked. */
const SNAPSHOTS_MS = 2000;

export interface PresenceChannelsContext {
  readonly connection: ConnectionConfig;
  readonly link: Link;
  readonly publisher: Publisher;
  readonly conversation: Conversation;
  /** Whether the observer's table has an instance. */
  readonly holds: (id: string) => boolean;
  readonly isConnected: () => boolean;
  readonly react: (reaction: Reaction) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * The presence channels that an observer has joined at a broker: one for each instance in presence mode. The broker lists
 * them, so that an observer which knows nothing learns from it which instances are running.
 */
export class PresenceChannels {
  readonly #context: PresenceChannelsContext;
  /** The ids whose channels are joined, or are about to be, and the users that are believed to be in each. */
  readonly #ids = new Map<string, Set<string>>();
  /** Channels in which no member is accepted, and how many users they had at that time. */
  readonly #ignored = new Map<string, number>();
  /** The ids whose snapshot has not come since the link was last connected. */
  readonly #awaited = new Set<string>();
  #onSettled: (() => void) | undefined;
  #isClosed = false;
  readonly #timer: NodeJS.Timeout;

  constructor(context: PresenceChannelsContext) {
    this.#context = context;
    this.#timer = setInterval(() => {
      if (context.isConnected()) void this.#enumerate();
    }, RULES.listEveryMs);
  }

  /** The link is connected: learns which instances are running, then asks the owners for what no snapshot had. */
  async resync(): Promise<void> {
    for (const id of this.#ids.keys()) this.#awaited.add(id);
    await this.#enumerate();
    await this.#snapshots();
    if (this.#isClosed) return;
    const { conversation, react } = this.#context;
    const message = conversation.askOwners(performance.now());
    react({ effects: [], refusals: [], isAnswer: false, publish: [message] });
  }

  /** Looks again at the channels in which no member was accepted. */
  forgetIgnored(): void {
    this.#ignored.clear();
  }

  /** Joins the channel of an instance. */
  join(id: string): void {
    if (this.#isClosed || this.#ids.has(id)) return;
    this.#ignored.delete(id);
    this.#ids.set(id, new Set());
    this.#awaited.add(id);
    this.#subscribe(id);
  }

  #subscribe(id: string): void {
    const users = this.#ids.get(id);
    const { connection, link, conversation, holds, react, onFault } = this.#context;
    link.subscribe(presenceChannel(connection, id), {
      identify: () => OBSERVER,
      // A channel that cannot be joined must not cut the link for all others. The next listing retries it.
      onFailed: (reason) => {
        onFault(refusedBy(connection, reason));
        this.leave(id);
        this.#unseen(id);
      },
      onSubscribed: (members) => {
        users?.clear();
        for (const { userId } of members) users?.add(userId);
        const opened = members.map((member) => openMember(connection, id, member));
        react(conversation.presence(id, opened, performance.now()));
        // Only other observers are left in it, or members whose announcements are refused.
        if (!holds(id)) this.#ignore(id);
        this.#arrived(id);
      },
      onJoined: (member) => {
        users?.add(member.userId);
        const opened = openMember(connection, id, member);
        react(conversation.joined(id, opened, performance.now()));
      },
      onParted: (userId) => {
        users?.delete(userId);
        const run = parsePresenceUserId(userId);
        if (run?.id === id) react(conversation.departed(id, run.inc, performance.now()));
      },
    });
  }

  /** The broker will not show whether an instance is there: it must not be waited for, because others may have seen it leave. */
  #unseen(id: string): void {
    const { conversation, react } = this.#context;
    react(conversation.unseen(id, performance.now()));
  }

  /** Leaves the channel of an instance. */
  leave(id: string): void {
    if (!this.#ids.delete(id)) return;
    this.#context.link.unsubscribe(presenceChannel(this.#context.connection, id));
    this.#arrived(id);
  }

  #ignore(id: string): void {
    this.#ignored.set(id, this.#ids.get(id)?.size ?? 0);
    this.leave(id);
  }

  /** Stops listing channels. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#onSettled?.();
  }

  /** Asks the transport for all presence channels: it also knows instances whose announcements were lost. */
  async #enumerate(): Promise<void> {
    const { publisher, connection, onFault } = this.#context;
    const prefix = connection.channels.presencePrefix;
    try {
      const channels = await publisher.presenceChannels(prefix);
      let seen = 0;
      for (const [name, count] of channels) {
        this.#verify(name.slice(prefix.length), count);
        // Each join is signed. 10,000 at a stretch would block this process for a second.
        if (++seen % JOINS_AT_A_TIME === 0) await setImmediate();
      }
      for (const id of this.#ignored.keys())
        if (!channels.has(prefix + id)) this.#ignored.delete(id);
    } catch (error) {
      if (!this.#isClosed) onFault(error);
    }
  }

  /**
   * If the transport counts other users than this observer, or the table has a run that was not seen there, a message was
   * lost. A new subscription brings a snapshot.
   */
  #verify(id: string, count: number | undefined): void {
    const users = this.#ids.get(id);
    if (users === undefined && this.#isIgnored(id, count)) return;
    if (users === undefined) this.join(id);
    else if (this.#awaited.has(id)) return;
    else if (
      (count !== undefined && count !== users.size) ||
      this.#context.conversation.lacksPresence(id)
    ) {
      this.#context.link.unsubscribe(presenceChannel(this.#context.connection, id));
      this.#subscribe(id);
    }
  }

  /** Whether a channel still has the users of whom none was accepted, with or without this observer. */
  #isIgnored(id: string, count: number | undefined): boolean {
    const then = this.#ignored.get(id);
    return then !== undefined && count !== undefined && (count === then || count === then - 1);
  }

  #arrived(id: string): void {
    this.#awaited.delete(id);
    if (this.#awaited.size === 0) this.#onSettled?.();
  }

  async #snapshots(): Promise<void> {
    if (this.#awaited.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SNAPSHOTS_MS);
      this.#onSettled = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
