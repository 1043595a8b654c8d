import type { SignedMember } from '@rollcall/protocol/pusher';

interface Presence {
  readonly member: SignedMember;
  /** A user joins with the first connection and leaves with the last. */
  connections: number;
}

/** The members of a presence channel. */
export class Members {
  readonly #users = new Map<string, Presence>();

  get count(): number {
    return this.#users.size;
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

  /** Counts one more connection of a user. Returns whether it is the first. The info of the first connection is kept. */
  add(member: SignedMember): boolean {
    const presence = this.#users.get(member.userId);
    if (presence === undefined) this.#users.set(member.userId, { member, connections: 1 });
    else presence.connections += 1;
    return presence === undefined;
  }

  /** Counts one connection of a user less. Returns whether it was the last. */
  remove(userId: string): boolean {
    const presence = this.#users.get(userId);
    if (presence === undefined) return false;
    presence.connections -= 1;
    return presence.connections === 0 && this.#users.delete(userId);
  }
}
