import { setImmediate } from 'node:timers/promises';
import { parsePresenceUserId, RULES } from '@rollcall/protocol';
import type { Observer, Reaction } from '@rollcall/protocol';
import type { RegistryConfig } from '../transport/connection.ts';
import type { Link } from '../transport/link.ts';
import { OBSERVER, openMember, presenceChannel } from '../transport/presence.ts';
import type { Publisher } from '../transport/publisher.ts';

const JOINS_AT_A_TIME = 200;
/** Snapshots that have not come by then are not waited for before the owners are asked. */
const SNAPSHOTS_MS = 2000;

export interface PresencesContext {
  readonly connection: RegistryConfig;
  readonly link: Link;
  readonly publisher: Publisher;
  readonly observer: Observer;
  readonly isConnected: () => boolean;
  readonly react: (reaction: Reaction, event?: string) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * The presence channels that an observer is in: one for each instance in presence mode. The transport
 * lists them, so that an observer that knows nothing learns who is there from it.
 */
export class Presences {
  readonly #context: PresencesContext;
  /** The ids whose channels we are in, or are about to be, and who we think is in each. */
  readonly #ids = new Map<string, Set<string>>();
  /** Channels with nobody in them whom we take, and how many users they had then. */
  readonly #ignored = new Map<string, number>();
  /** Those whose snapshot has not come since the link was last made. */
  readonly #awaited = new Set<string>();
  #onSettled: (() => void) | undefined;
  #isClosed = false;
  readonly #timer: NodeJS.Timeout;

  constructor(context: PresencesContext) {
    this.#context = context;
    this.#timer = setInterval(() => {
      if (context.isConnected()) void this.#enumerate();
    }, RULES.listEveryMs);
  }

  /** The link is made: finds out who is there, then asks the owners for what no snapshot could tell. */
  async resync(): Promise<void> {
    for (const id of this.#ids.keys()) this.#awaited.add(id);
    await this.#enumerate();
    await this.#snapshots();
    if (this.#isClosed) return;
    const { observer, react } = this.#context;
    const message = observer.askOwners(performance.now());
    react({ effects: [], refusals: [], isAnswer: false, publish: [message] });
  }

  join(id: string): void {
    if (this.#isClosed || this.#ids.has(id)) return;
    this.#ignored.delete(id);
    this.#ids.set(id, new Set());
    this.#awaited.add(id);
    this.#subscribe(id);
  }

  #subscribe(id: string): void {
    const users = this.#ids.get(id);
    const { connection, link, observer, react, onFault } = this.#context;
    link.subscribe(presenceChannel(connection, id), {
      identify: () => OBSERVER,
      // One that cannot be joined must not cut the link that all others hang on: the next list tries it again.
      onFailed: (reason) => {
        onFault(new Error(reason));
        this.leave(id);
      },
      onSubscribed: (members) => {
        users?.clear();
        for (const { userId } of members) users?.add(userId);
        const opened = members.map((member) => openMember(connection, id, member));
        react(observer.presence(id, opened, performance.now()), 'presence');
        // Only other observers are left in it, who see the same, or somebody whom we refuse.
        if (observer.table.get(id) === undefined) this.#ignore(id);
        this.#arrived(id);
      },
      onJoined: (member) => {
        users?.add(member.userId);
        const opened = openMember(connection, id, member);
        react(observer.joined(id, opened, performance.now()), 'presence');
      },
      onParted: (userId) => {
        users?.delete(userId);
        const run = parsePresenceUserId(userId);
        if (run?.id === id) react(observer.departed(id, run.inc, performance.now()), 'presence');
      },
    });
  }

  leave(id: string): void {
    if (!this.#ids.delete(id)) return;
    this.#context.link.unsubscribe(presenceChannel(this.#context.connection, id));
    this.#arrived(id);
  }

  #ignore(id: string): void {
    this.#ignored.set(id, this.#ids.get(id)?.size ?? 0);
    this.leave(id);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#onSettled?.();
  }

  /** Asks the transport which presence channels there are: it also knows those of whom no word reached us. */
  async #enumerate(): Promise<void> {
    const { publisher, connection, onFault } = this.#context;
    const prefix = connection.channels.presencePrefix;
    try {
      const channels = await publisher.presenceChannels(prefix);
      let seen = 0;
      for (const [name, count] of channels) {
        this.#verify(name.slice(prefix.length), count);
        // Each join is signed: 10,000 at a stretch held up whatever else this process does for a second.
        if (++seen % JOINS_AT_A_TIME === 0) await setImmediate();
      }
      for (const id of this.#ignored.keys())
        if (!channels.has(prefix + id)) this.#ignored.delete(id);
    } catch (error) {
      if (!this.#isClosed) onFault(error);
    }
  }

  /** What the transport counts and we do not is a message that was lost: the snapshot of a new subscription tells. */
  #verify(id: string, count: number | undefined): void {
    const users = this.#ids.get(id);
    if (users === undefined && this.#isIgnored(id, count)) return;
    if (users === undefined) this.join(id);
    else if (count !== undefined && count !== users.size && !this.#awaited.has(id)) {
      this.#context.link.unsubscribe(presenceChannel(this.#context.connection, id));
      this.#subscribe(id);
    }
  }

  /** Whether the channel is still as it was when nobody in it was taken: with us, or without. */
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
