/** The part of a directory that is used here. */
export interface Resyncing {
  on(event: 'resynced', listener: () => void): unknown;
  off(event: 'resynced', listener: () => void): unknown;
  routable(prefix: string): readonly unknown[];
}

/**
 * Resolves when the presence channels of a broker have reported an instance of a canonical prefix that receives traffic. Each
 * broker that is connected later reports once more.
 */
export function found(directory: Resyncing, prefix: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (directory.routable(prefix).length === 0) return;
      directory.off('resynced', look);
      resolve();
    };
    directory.on('resynced', look);
    look();
  });
}
