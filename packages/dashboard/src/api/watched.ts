/** No screen shows more rows, and no address of a request gets too long. */
const MOST = 50;

const held = new Set<string>();
const listeners = new Set<() => void>();

/** The keys of the instances that are on the screen. */
export const watched = {
  add(key: string): void {
    held.add(key);
    for (const listener of listeners) listener();
  },
  remove: (key: string): boolean => held.delete(key),
  keys: (): string[] => [...held].slice(0, MOST),
  /** @returns what ends it */
  onMore(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
