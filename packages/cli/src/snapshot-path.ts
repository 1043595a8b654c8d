import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a gateway keeps its last known table: the file that was named; nothing for `none`; else one in
 * systemd's STATE_DIRECTORY or the user's state folder (XDG Base Directory Specification).
 *
 * @param purpose what tells this gateway's table from that of another on the same machine
 */
export function snapshotPath(
  given: string | undefined,
  env: Environment,
  purpose: string,
): string | undefined {
  if (given !== undefined) return given === 'none' ? undefined : given;
  const name = `${createHash('sha256').update(purpose).digest('hex').slice(0, 12)}.snapshot`;
  const service = env['STATE_DIRECTORY'];
  if (service) return join(service, name);
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'rollcall', name);
}
