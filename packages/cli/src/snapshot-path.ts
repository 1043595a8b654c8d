import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a gateway keeps its last known table unless a file is named: in systemd's STATE_DIRECTORY, or in the user's
 * state folder (XDG Base Directory Specification).
 *
 * @param purpose what distinguishes the table of this gateway from that of another on the same machine
 */
export function snapshotPath(env: Environment, purpose: string): string {
  const name = `${createHash('sha256').update(purpose).digest('hex').slice(0, 12)}.snapshot`;
  // Several are separated by colons: systemd.exec(5).
  const service = env['STATE_DIRECTORY']?.split(':')[0];
  if (service) return join(service, name);
  const state = env['XDG_STATE_HOME'] ?? '';
  // The specification says to ignore relative paths.
  const folder = isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return join(folder, 'rollcall', name);
}

/** Where a gateway keeps its audit log unless a file is named: beside the snapshot. */
export function auditLogPath(snapshot: string): string {
  return `${snapshot.replace(/\.snapshot$/, '')}.audit.jsonl`;
}
