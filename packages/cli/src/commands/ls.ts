import type { Command } from 'commander';
import { discover } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import { encodeAnnouncement, instanceState } from '@rollcall/protocol';
import { isInColour } from '@rollcall/runtime/log';
import { READY_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../discovery-timeouts.ts';
import { BrokerFaults } from '../terminal/broker-faults.ts';
import { linesText } from '../terminal/line.ts';
import type { Line } from '../terminal/line.ts';
import { shortId } from '../terminal/short-id.ts';
import { stateSpan } from '../terminal/state.ts';
import { tableOf } from '../terminal/table.ts';

export function defineLs(command: Command): void {
  command.option('--json', 'print JSON').action(runLs);
}

/** `rollcall ls` */
async function runLs({ json = false }: { readonly json?: boolean }): Promise<void> {
  const faults = new BrokerFaults();
  const directory = await discover({
    logger: faults.logger,
    timeoutMs: CONNECT_TIMEOUT_MS,
    probes: 'never',
    requireBroker: true,
  });
  const answered = await directory.ready(READY_TIMEOUT_MS);
  const instances = directory.instances();
  faults.finish(directory);
  directory.close();

  if (!answered) console.error('no gateway answered: instances without presence may be missing');
  const { stdout } = process;
  console.log(
    json
      ? JSON.stringify(instances.map(plain), null, 2)
      : linesText(listing(instances, stdout.isTTY), isInColour(stdout)),
  );
}

function plain(instance: Instance): Record<string, unknown> {
  return { ...encodeAnnouncement(instance.announcement), state: instanceState(instance) };
}

/** @param isShort whether ids are cut, so that a line fits on most terminals */
function listing(instances: readonly Instance[], isShort: boolean): Line[] {
  if (instances.length === 0) return [['no instances']];
  const rows = instances.map((instance): Line => {
    const { prefix, address, port, name = '-', host = '-', id = '-' } = instance.announcement;
    const { version = '' } = instance.announcement;
    const state = stateSpan(instanceState(instance));
    const place = [prefix || '/', address, String(port)];
    return [...place, name, version, host, state, isShort ? shortId(id) : id];
  });
  return tableOf(['PREFIX', 'ADDRESS', 'PORT', 'NAME', 'VERSION', 'HOST', 'STATE', 'ID'], rows);
}
