import { setImmediate } from 'node:timers/promises';
import { parsePresenceUserId, RULES } from '@rollcall/protocol';
import type { Observer, Reaction } from '@rollcall/protocol';
import type { Connection } from '../transport/connection.ts';
import type { Link } from '../transport/link.ts';
import { OBSERVER, openMember, presenceChannel } from '../transport/presence.ts';
import type { Publisher } from '../transport/publisher.ts';

const JOINS_AT_A_TIME = 200;
/** Snapshots that have not come by then are not waited for before the owners are asked. */
const SNAPSHOTS_MS = 2000;

export interface PresencesContext {
  readonly connection: Connection;
  readonly link: Link;
  readonly publisher: Publisher;
  readonly observer: Observer;
  readonly react: (reaction: Reaction, event?: string) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * The presence channels that an observer is in: one for each instance in presence mode. The transport
 * lists them, so that an observer that knows nothing learns who is there from it.
 */
export class Presences {
  readonly #context: PresencesContext;
  /** The ids whose channels we are in, or are about to be. */
  readonly #ids = new Set<string>();
  /** Those whose snapshot has not come since the link was last made. */
  readonly #awaited = new Set<string>();
  #onSettled: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(context: PresencesContext) {
    this.#context = context;
    this.#timer = setInterval(() => void this.#enumerate(), RULES.enumerateEvery);
  }

  /** The link is made: finds out who is there, then asks the owners for what no snapshot could tell. */
  async resync(): Promise<void> {
    for (const id of this.#ids) this.#awaited.add(id);
    await this.#enumerate();
    await this.#snapshots();
    const { observer, react } = this.#context;
    const message = observer.askOwners(performance.now());
    react({ effects: [], refusals: [], isAnswer: false, publish: [message] });
  }

  join(id: string): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.#awaited.add(id);
    const { connection, link, observer, react } = this.#context;
    link.subscribe(presenceChannel(connection, id), {
      identify: () => OBSERVER,
      onSubscribed: (members) => {
        const opened = members.map((member) => openMember(connection, id, member));
        react(observer.presence(id, opened, performance.now()), 'presence');
        // Only other observers are left in it, who see the same.
        if (observer.table.get(id) === undefined) this.leave(id);
        this.#arrived(id);
      },
      onJoined: (member) => {
        const opened = openMember(connection, id, member);
        react(observer.joined(id, opened, performance.now()), 'presence');
      },
      onParted: (userId) => {
        const run = parsePresenceUserId(userId);
        if (run?.id === id) react(observer.parted(id, run.inc, performance.now()), 'presence');
      },
    });
  }

  leave(id: string): void {
    if (!this.#ids.delete(id)) return;
    this.#context.link.unsubscribe(presenceChannel(this.#context.connection, id));
    this.#arrived(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#onSettled?.();
  }

  /** Asks the transport which presence channels there are: it also knows those of whom no word reached us. */
  async #enumerate(): Promise<void> {
    const { publisher, connection, onFault } = this.#context;
    const prefix = connection.channels.presencePrefix;
    try {
      for (const [index, name] of (await publisher.channels(prefix)).entries()) {
        this.join(name.slice(prefix.length));
        // Each is signed: 10,000 at a stretch held up whatever else this process does for a second.
        if (index % JOINS_AT_A_TIME === 0) await setImmediate();
      }
    } catch (error) {
      onFault(error);
    }
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
