import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { ownerRegistryFromEnv, register, RollcallError } from '@rollcall/client';
import { endWithParent } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { openLog } from '../log.ts';
import { withLogOptions } from '../log-options.ts';
import { announcedFields, announcementOptions } from '../run/announcement-options.ts';
import { checkedAnnouncement, stableId } from '../run/checked-announcement.ts';

interface AnnounceOptions extends LogFlags {
  readonly requireBroker?: boolean;
  readonly [field: string]: unknown;
}

const DEFAULTS = {
  address: undefined,
  id: 'made of prefix, address, port and the name of this machine, so that it stays the same across restarts',
};

export function defineAnnounce(command: Command): void {
  for (const option of announcementOptions(DEFAULTS)) command.addOption(option);
  command
    .option(
      '--require-broker',
      'end if the broker cannot be reached, or refuses (default: announcing is retried)',
    )
    .action(announce);
  withLogOptions(command);
}

/** `rollcall announce`: keeps an instance announced that runs elsewhere, until SIGINT or SIGTERM. */
async function announce({ requireBroker = false, ...options }: AnnounceOptions): Promise<void> {
  const logger = openLog(options);
  const registry = ownerRegistryFromEnv(process.env);
  const fields = announcedFields(options);
  refuseName(fields['address']);
  const announcement = checkedAnnouncement({
    ...fields,
    source: `rollcall announce on ${hostname()}`,
  });
  const { prefix, address, port } = announcement;
  await register({
    ...announcement,
    id: announcement.id ?? stableId('announce', [prefix, address, port, hostname()]),
    registry,
    requireBroker,
    logger,
    // Nothing is left to do once it has left.
    onSignal: () => {},
  });
  endWithParent();
}

/** Observers do not resolve names, and a gateway follows those in its own configuration. */
function refuseName(address: unknown): void {
  if (typeof address !== 'string' || isIP(address) !== 0 || !/[a-z]/i.test(address)) return;
  throw new RollcallError(
    'ROLLCALL_ANNOUNCEMENT',
    `cannot announce the name ${JSON.stringify(address)}: give its IP address, or name it in \`services\` of the gateways' configuration, which follow DNS`,
  );
}
