import type { Member } from '@rollcall/protocol/pusher';

interface Presence {
  readonly member: Member;
  /** A user may come over several connections: they join with the first and leave with the last. */
  connections: number;
}

/** Who is in a presence channel. */
export class Members {
  readonly #users = new Map<string, Presence>();

  get count(): number {
    return this.#users.size;
  }

  /** In the order they came. */
  ids(): string[] {
    return [...this.#users.keys()];
  }

  list(): Member[] {
    return Array.from(this.#users.values(), ({ member }) => member);
  }

  has(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** Another connection of a user; returns whether it is the first. What the first said of them stays. */
  arrive(member: Member): boolean {
    const known = this.#users.get(member.userId);
    if (known === undefined) this.#users.set(member.userId, { member, connections: 1 });
    else known.connections += 1;
    return known === undefined;
  }

  /** One connection of a user less; returns whether it was the last. */
  depart(userId: string): boolean {
    const presence = this.#users.get(userId);
    if (presence === undefined) return false;
    presence.connections -= 1;
    return presence.connections === 0 && this.#users.delete(userId);
  }
}
