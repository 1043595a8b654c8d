import { CLOSE_CODES, watchlistFrame } from '@rollcall/protocol/pusher';
import type { User } from '@rollcall/protocol/pusher';
import type { Connection } from './connection.ts';

/** The users who are signed in, over which connections, and who watches whom. */
export class Users {
  readonly #online = new Map<string, Set<Connection>>();
  /** By the user that is watched. */
  readonly #watchers = new Map<string, Set<Connection>>();

  get count(): number {
    return this.#online.size;
  }

  /** Tells those who watch the user, and the user of those it watches. */
  signIn({ id, watchlist }: User, connection: Connection): void {
    if (addTo(this.#online, id, connection)) this.#tellWatchers(id, watchlistFrame([id], []));
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

  signOut({ id, watchlist }: User, connection: Connection): void {
    for (const watched of watchlist) removeFrom(this.#watchers, watched, connection);
    if (removeFrom(this.#online, id, connection)) this.#tellWatchers(id, watchlistFrame([], [id]));
  }

  /** Ends every connection over which a user is signed in. SDKs do not come back by themselves. */
  terminate(userId: string): void {
    // Each that is closed leaves the set; a Set may lose what has been visited.
    for (const connection of this.#online.get(userId) ?? []) {
      connection.close(
        CLOSE_CODES.unauthorised,
        'the app has terminated the connections of its user',
      );
    }
  }

  #tellWatchers(userId: string, frame: string): void {
    for (const watcher of this.#watchers.get(userId) ?? []) watcher.send(frame);
  }
}

type Sets = Map<string, Set<Connection>>;

/** Returns whether it is the first of its set. */
function addTo(sets: Sets, key: string, connection: Connection): boolean {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([connection]));
  else set.add(connection);
  return set === undefined;
}

/** Returns whether it was the last of its set. */
function removeFrom(sets: Sets, key: string, connection: Connection): boolean {
  const set = sets.get(key);
  set?.delete(connection);
  return set?.size === 0 && sets.delete(key);
}
