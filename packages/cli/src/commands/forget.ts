import type { Command } from 'commander';
import type { InstanceView, ServiceView } from '@rollcall/gateway';
import { quote, RollcallError } from '@rollcall/protocol';
import { adminAccess, adminOption, askAdmin, changeAtAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';

/** How many of the instances that an id may mean are named. */
const MAX_SHOWN = 5;

export function defineForget(command: Command): void {
  command
    .argument('<prefix|key>', 'a prefix such as /v1, or the id of an instance or its beginning')
    .addOption(adminOption())
    .action(runForget);
}

/** `rollcall forget /v1` */
async function runForget(what: string, { admin }: { readonly admin?: string }): Promise<void> {
  const access = adminAccess(admin, process.env);
  const forgotten = await (isPrefix(what) ? forgetService : forgetInstance)(access, what);
  console.log(`forgotten until it is announced again: ${forgotten}`);
}

/** Only the key of a legacy instance has spaces: its prefix, address and port. */
function isPrefix(what: string): boolean {
  return what.startsWith('/') && !what.includes(' ');
}

async function forgetService(access: AdminAccess, given: string): Promise<string> {
  const path = `/api/services/forget?${new URLSearchParams({ prefix: given }).toString()}`;
  const { prefix } = await changeAtAdmin<ServiceView>(access, path);
  return prefix || '/';
}

async function forgetInstance(access: AdminAccess, given: string): Promise<string> {
  const key = await wholeKey(access, given);
  const path = `/api/instances/${encodeURIComponent(key)}/forget`;
  const { announcement } = await changeAtAdmin<InstanceView>(access, path);
  return `${announcement.address} port ${announcement.port} of ${announcement.prefix || '/'}`;
}

/**
 * Returns the key of the instance that is meant by a key, or by an id or its beginning, as `rollcall ls` shows it.
 * @throws RollcallError ROLLCALL_CONFIG if several ids begin so
 */
async function wholeKey(access: AdminAccess, given: string): Promise<string> {
  const { instances } = await askAdmin<{ instances: InstanceView[] }>(access, '/api/instances');
  const meant = instances.filter(({ key, announcement: { id = key } }) => id.startsWith(given));
  const [first, ...others] = meant;
  // The gateway refuses a key that is unknown.
  if (first === undefined || meant.some(({ key }) => key === given)) return given;
  if (others.length === 0) return first.key;
  const shown = meant.slice(0, MAX_SHOWN).map(({ key, announcement: { id = key } }) => id);
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    `${meant.length} instances have an id that begins with ${quote(given)}; give more of it: ${shown.join(', ')}`,
  );
}
