import { readFileSync } from 'node:fs';
import { RollcallError } from '@rollcall/client';

/** The token of the admin API: in a file, so that no list of processes shows it, or in the environment. */
export function adminToken(
  file: string | undefined,
  fromEnvironment: string | undefined,
): string | undefined {
  if (file === undefined) return fromEnvironment || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new RollcallError('ROLLCALL_CONFIG', `cannot read the file of the admin token, ${file}`, {
      cause,
    });
  }
}
