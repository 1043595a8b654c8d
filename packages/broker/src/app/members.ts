import type { SignedMember } from '@rollcall/protocol/pusher';

interface Presence {
  readonly member: SignedMember;
  /** On this node. A user joins with the first connection and leaves with the last. */
  connections: number;
  /** The other nodes on which the user has connections. */
  nodes: ReadonlySet<string>;
}

const NO_NODES: ReadonlySet<string> = new Set();

/** Where a user was, or was not, besides the connection that was added or removed. */
export interface OnlyOne {
  /** On this node. */
  readonly here: boolean;
  /** On all nodes. */
  readonly anywhere: boolean;
}

/** The members of a presence channel, on all nodes. */
export class Members {
  readonly #users = new Map<string, Presence>();

  get count(): number {
    return this.#users.size;
  }

  /** Those with connections on this node. */
  get ownCount(): number {
    let count = 0;
    for (const { connections } of this.#users.values()) if (connections > 0) count += 1;
    return count;
  }

  /** In the order of joining. */
  ids(): string[] {
    return [...this.#users.keys()];
  }

  list(): SignedMember[] {
    return Array.from(this.#users.values(), ({ member }) => member);
  }

  has(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** Counts one more connection of a user. The info of the first connection is kept. */
  add(member: SignedMember): OnlyOne {
    const presence = this.#users.get(member.userId);
    if (presence === undefined) {
      this.#users.set(member.userId, { member, connections: 1, nodes: NO_NODES });
      return { here: true, anywhere: true };
    }
    presence.connections += 1;
    return { here: presence.connections === 1, anywhere: false };
  }

  /** Counts one connection of a user less. */
  remove(userId: string): OnlyOne {
    const presence = this.#users.get(userId);
    if (presence === undefined) return { here: false, anywhere: false };
    presence.connections -= 1;
    return { here: presence.connections === 0, anywhere: this.#removeAbsent(userId, presence) };
  }

  /**
   * Whether a user that is on one other node alone is said to have another info there: it has left and come back, and only the
   * latter was said.
   */
  hasComeBack(node: string, { userId, userInfoJson }: SignedMember): boolean {
    const presence = this.#users.get(userId);
    if (presence === undefined) return false;
    const { member, connections, nodes } = presence;
    const isThereAlone = connections === 0 && nodes.size === 1 && nodes.has(node);
    return isThereAlone && member.userInfoJson !== userInfoJson;
  }

  /** A user has connections on another node. Returns whether it has none elsewhere. */
  addElsewhere(node: string, member: SignedMember): boolean {
    const presence = this.#users.get(member.userId);
    if (presence === undefined) {
      this.#users.set(member.userId, { member, connections: 0, nodes: new Set([node]) });
      return true;
    }
    presence.nodes = new Set([...presence.nodes, node]);
    return false;
  }

  /** A user has no connections on another node any more. Returns whether it has none elsewhere. */
  removeElsewhere(node: string, userId: string): boolean {
    const presence = this.#users.get(userId);
    if (presence === undefined) return false;
    presence.nodes = new Set([...presence.nodes].filter((each) => each !== node));
    return this.#removeAbsent(userId, presence);
  }

  #removeAbsent(userId: string, { connections, nodes }: Presence): boolean {
    return connections === 0 && nodes.size === 0 && this.#users.delete(userId);
  }
}
