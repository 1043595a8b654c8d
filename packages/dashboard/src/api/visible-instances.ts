/** More rows than a screen shows, and few enough for a URL. */
const MAX_KEYS = 50;

const keys = new Set<string>();
const listeners = new Set<() => void>();

/** The keys of the instances that are on the screen. */
export const visibleInstances = {
  add(key: string): void {
    keys.add(key);
    for (const listener of listeners) listener();
  },
  remove: (key: string): boolean => keys.delete(key),
  keys: (): string[] => [...keys].slice(0, MAX_KEYS),
  /**
   * Calls the listener when an instance becomes visible.
   * @returns a function that removes the listener
   */
  onMore(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
