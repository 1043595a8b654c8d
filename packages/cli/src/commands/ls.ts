import type { Command } from 'commander';
import { discover } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import { encodeAnnouncement } from '@rollcall/protocol';
import { READY_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../discovery-timeouts.ts';
import { formatTable } from '../terminal/table.ts';

export function defineLs(command: Command): void {
  command.option('--json', 'print JSON').action(runLs);
}

/** `rollcall ls` */
async function runLs({ json = false }: { readonly json?: boolean }): Promise<void> {
  const directory = await discover({
    timeoutMs: CONNECT_TIMEOUT_MS,
    probes: 'never',
    requireBroker: true,
  });
  const answered = await directory.ready(READY_TIMEOUT_MS);
  const instances = directory.instances();
  directory.close();

  if (!answered) console.error('no gateway answered: instances without presence may be missing');
  console.log(
    json
      ? JSON.stringify(
          instances.map((each) => encodeAnnouncement(each.announcement)),
          null,
          2,
        )
      : listing(instances),
  );
}

function listing(instances: readonly Instance[]): string {
  if (instances.length === 0) return 'no instances';
  const rows = instances.map(
    ({ announcement: { prefix, address, port, name = '-', host = '-', id = '-' } }) => [
      prefix || '/',
      address,
      String(port),
      name,
      host,
      id,
    ],
  );
  return formatTable(['PREFIX', 'ADDRESS', 'PORT', 'NAME', 'HOST', 'ID'], rows);
}
