import { readFileSync } from 'node:fs';

/** The mounts of this process. Only Linux has it. */
const MOUNTS = '/proc/self/mountinfo';

/** Returns the id of the container in which this program runs; undefined if it runs in none. */
export function ownContainerId(): string | undefined {
  try {
    return containerIdIn(readFileSync(MOUNTS, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Finds the container in its mounts: engines mount a file for /etc/hostname from their folder for it. The host name itself may be any
 * that was given, and that of a machine may be the name of a container.
 */
export function containerIdIn(mounts: string): string | undefined {
  const mount = /\/(?<id>[0-9a-f]{64})\/(?:userdata\/)?hostname \/etc\/hostname /;
  return mount.exec(mounts)?.groups?.['id'];
}
