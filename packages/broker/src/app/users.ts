import { CLOSE_CODES, signinSuccessFrame, watchlistFrame } from '@rollcall/protocol/pusher';
import type { User } from '@rollcall/protocol/pusher';
import type { SignIn } from './app.ts';
import type { Connection } from './connection.ts';

/** Signed-in users with their connections, and the connections that watch them. */
export class Users {
  readonly #online = new Map<string, Set<Connection>>();
  /** By the user that they watch. */
  readonly #watchers = new Map<string, Set<Connection>>();

  get count(): number {
    return this.#online.size;
  }

  /** Signs a connection in and confirms it. Informs the watchers of the user, and the user about its watchlist. */
  signIn({ user: { id, watchlist }, userData, connection }: SignIn): void {
    connection.send(signinSuccessFrame(userData));
    if (addTo(this.#online, id, connection)) this.#sendToWatchers(id, watchlistFrame([id], []));
    for (const watched of watchlist) addTo(this.#watchers, watched, connection);
    if (watchlist.length === 0) return;
    const isOnline = (userId: string): boolean => this.#online.has(userId);
    connection.send(
      watchlistFrame(
        watchlist.filter((userId) => isOnline(userId)),
        watchlist.filter((userId) => !isOnline(userId)),
      ),
    );
  }

  /** Signs a connection out. Informs the watchers of the user if it was the last. */
  signOut({ id, watchlist }: User, connection: Connection): void {
    for (const watched of watchlist) removeFrom(this.#watchers, watched, connection);
    if (removeFrom(this.#online, id, connection))
      this.#sendToWatchers(id, watchlistFrame([], [id]));
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

  #sendToWatchers(userId: string, frame: string): void {
    for (const watcher of this.#watchers.get(userId) ?? []) watcher.send(frame);
  }
}

type ConnectionsById = Map<string, Set<Connection>>;

/** Adds a connection to a set. Returns whether it is the first. */
function addTo(sets: ConnectionsById, id: string, connection: Connection): boolean {
  const set = sets.get(id);
  if (set === undefined) sets.set(id, new Set([connection]));
  else set.add(connection);
  return set === undefined;
}

/** Removes a connection from a set. Returns whether it was the last. */
function removeFrom(sets: ConnectionsById, id: string, connection: Connection): boolean {
  const set = sets.get(id);
  set?.delete(connection);
  return set?.size === 0 && sets.delete(id);
}
