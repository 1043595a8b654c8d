import { CLOSE_CODES, signinSuccessFrame, watchlistFrame } from '@rollcall/protocol/pusher';
import type { User } from '@rollcall/protocol/pusher';
import type { SignIn } from './app.ts';
import type { Connection } from './connection.ts';

/** Signed-in users with their connections, and the connections that watch them. */
export class Users {
  readonly #online = new Map<string, Set<Connection>>();
  /** By the user, the other nodes on which it is signed in. */
  readonly #elsewhere = new Map<string, Set<string>>();
  /** By the user that they watch. */
  readonly #watchers = new Map<string, Set<Connection>>();

  /** On this node. */
  get count(): number {
    return this.#online.size;
  }

  /** Whether a user is signed in on this node. */
  isHere(userId: string): boolean {
    return this.#online.has(userId);
  }

  /** Signs a connection in and confirms it. Informs the watchers of the user, and the user about its watchlist. */
  signIn({ user: { id, watchlist }, userData, connection }: SignIn): void {
    connection.send(signinSuccessFrame(userData));
    const wasOnline = this.#isOnline(id);
    addTo(this.#online, id, connection);
    if (!wasOnline) this.#sendToWatchers(id, watchlistFrame([id], []));
    for (const watched of watchlist) addTo(this.#watchers, watched, connection);
    if (watchlist.length === 0) return;
    connection.send(
      watchlistFrame(
        watchlist.filter((userId) => this.#isOnline(userId)),
        watchlist.filter((userId) => !this.#isOnline(userId)),
      ),
    );
  }

  /** Signs a connection out. Informs the watchers of the user if it was the last. */
  signOut({ id, watchlist }: User, connection: Connection): void {
    for (const watched of watchlist) removeFrom(this.#watchers, watched, connection);
    if (removeFrom(this.#online, id, connection) && !this.#isOnline(id))
      this.#sendToWatchers(id, watchlistFrame([], [id]));
  }

  /** A user is signed in on another node, or is not any more. */
  setElsewhere(node: string, userId: string, isSignedIn: boolean): void {
    const wasOnline = this.#isOnline(userId);
    if (isSignedIn) addTo(this.#elsewhere, userId, node);
    else removeFrom(this.#elsewhere, userId, node);
    if (this.#isOnline(userId) === wasOnline) return;
    const frame = wasOnline ? watchlistFrame([], [userId]) : watchlistFrame([userId], []);
    this.#sendToWatchers(userId, frame);
  }

  /** Closes all connections of a user. SDKs do not reconnect after this code. */
  terminate(userId: string): void {
    // Closing a connection removes it from the set, which is safe while a Set is iterated.
    for (const connection of this.#online.get(userId) ?? []) {
      connection.close(
        CLOSE_CODES.unauthorised,
        'the app has terminated the connections of its user',
      );
    }
  }

  #isOnline(userId: string): boolean {
    return this.#online.has(userId) || this.#elsewhere.has(userId);
  }

  #sendToWatchers(userId: string, frame: string): void {
    for (const watcher of this.#watchers.get(userId) ?? []) watcher.send(frame);
  }
}

function addTo<T>(sets: Map<string, Set<T>>, id: string, value: T): void {
  const set = sets.get(id);
  if (set === undefined) sets.set(id, new Set([value]));
  else set.add(value);
}

/** Removes a value from a set. Returns whether it was the last. */
function removeFrom<T>(sets: Map<string, Set<T>>, id: string, value: T): boolean {
  const set = sets.get(id);
  set?.delete(value);
  return set?.size === 0 && sets.delete(id);
}
