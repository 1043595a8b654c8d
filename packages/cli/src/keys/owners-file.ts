import { chmodSync, readFileSync, statSync } from 'node:fs';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/protocol';
import { replaceFile } from '@rollcall/runtime';
import { checkSettings, readSettingsFile } from '@rollcall/runtime/settings';

/** The keys of each prefix, as a configuration holds them: `rpk_…`, or `rpk_… until TIME`. */
export type Owners = Readonly<Record<string, readonly string[]>>;

/** @throws RollcallError ROLLCALL_CONFIG with all faults of the file */
export function readOwners(file: string): Owners {
  const { values, faults } = readSettingsFile(file, GATEWAY_SETTINGS);
  if (faults.length > 0) throw new RollcallError('ROLLCALL_CONFIG', faults.join('\n'));
  return (values as { owners?: Owners }).owners ?? {};
}

/** @throws RollcallError ROLLCALL_CONFIG with all faults */
export function checkOwners(owners: Owners): void {
  const { faults } = checkSettings(GATEWAY_SETTINGS, { owners });
  if (faults.length > 0)
    throw new RollcallError('ROLLCALL_CONFIG', faults.map(({ message }) => message).join('\n'));
}

/**
 * Replaces the owners of one prefix in a configuration file, and leaves everything else in it.
 * @throws RollcallError ROLLCALL_CONFIG with all faults
 */
export async function writeOwners(
  file: string,
  prefix: string,
  change: (keys: readonly string[]) => readonly string[],
): Promise<void> {
  const owners = readOwners(file);
  const text = readFileSync(file, 'utf8');
  const config = JSON.parse(text) as object;
  const changed = { ...owners, [prefix]: change(owners[prefix] ?? []) };
  checkOwners(changed);
  const [, indent = '  '] = /^\{\r?\n([ \t]+)"/.exec(text) ?? [];
  const { mode } = statSync(file);
  await replaceFile(file, `${JSON.stringify({ ...config, owners: changed }, null, indent)}\n`);
  // The gateway may run as another user.
  chmodSync(file, mode);
}
