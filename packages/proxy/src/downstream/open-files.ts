import { readFileSync } from 'node:fs';

/** Descriptors that a program needs besides its connections from clients: its files, its own connections, its listeners. */
const RESERVED = 128;

/**
 * Returns how many connections from clients a program may hold at a time, on all of its ports together, so that it never
 * runs out of file descriptors. Unlimited where the system does not say how many there are.
 */
export function maxClientConnections(openFiles: number = maxOpenFiles()): number {
  return openFiles - Math.min(RESERVED, Math.ceil(openFiles / 2));
}

/** Returns how many files and sockets this process may have open: `ulimit -n`. */
export function maxOpenFiles(): number {
  try {
    // Not process.report, which looks up the names of all peers and takes as long as their name servers.
    const [, soft] =
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
