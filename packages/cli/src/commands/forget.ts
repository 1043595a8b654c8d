import type { Command } from 'commander';
import type { InstanceView, ServiceView } from '@rollcall/gateway';
import { adminAccess, adminOption, changeAtAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';

export function defineForget(command: Command): void {
  command
    .argument('<prefix|key>', 'a prefix such as /v1, or the key of an instance')
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

async function forgetInstance(access: AdminAccess, key: string): Promise<string> {
  const path = `/api/instances/${encodeURIComponent(key)}/forget`;
  const { announcement } = await changeAtAdmin<InstanceView>(access, path);
  return `${announcement.address} port ${announcement.port} of ${announcement.prefix || '/'}`;
}
