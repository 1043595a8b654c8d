import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { InstanceView, ServiceView, StatusView } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/protocol';
import { adminAccess, adminOption, askAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';
import { shutdown } from '@rollcall/runtime';
import { Screen } from '../terminal/screen.ts';
import { RATES_OVER_S } from '../top/rates.ts';
import { asJson, asLines } from '../top/view.ts';
import type { Sample } from '../top/view.ts';

interface TopOptions {
  readonly admin?: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

const EVERY_MS = 2000;

export function defineTop(command: Command): void {
  command
    .addOption(adminOption())
    .option('--once', 'print one table and exit')
    .option('--json', 'print JSON, one object per line')
    .action(runTop);
}

/** `rollcall top`: runs until Ctrl+C, or until its output is closed. */
async function runTop({ admin, once = false, json = false }: TopOptions): Promise<void> {
  const access = adminAccess(admin, process.env);
  const first = await sample(access);
  const { stdout } = process;
  shutdown.add({ close: () => {} }, ['SIGHUP']);
  // Such as `rollcall top | head`: console.log does not report a closed pipe.
  stdout.once('error', () => process.exit(0));
  if (json || once || !stdout.isTTY) {
    const print = (each: Sample): void => console.log(json ? asJson(each) : asText(each));
    print(first);
    if (!once) await follow(access, print, (why) => console.error(why));
    return;
  }
  const screen = new Screen(stdout);
  process.once('exit', () => screen.close());
  let latest = first;
  const show = (each: Sample): void => screen.draw(asLines((latest = each)));
  show(first);
  await follow(access, show, (why) => screen.draw([why, '', ...asLines(latest)]));
}

/** One table after another, with a line between. */
function asText(each: Sample): string {
  return `${asLines(each).join('\n')}\n`;
}

/** Goes on while the gateway restarts. */
async function follow(
  access: AdminAccess,
  print: (sample: Sample) => void,
  missed: (why: string) => void,
): Promise<never> {
  for (;;) {
    await delay(EVERY_MS);
    try {
      print(await sample(access));
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      missed(`rollcall: ${error.message}`);
    }
  }
}

async function sample(access: AdminAccess): Promise<Sample> {
  const [status, { services }, { instances }] = await Promise.all([
    askAdmin<StatusView>(access, '/api/status'),
    askAdmin<{ services: ServiceView[] }>(access, '/api/services'),
    askAdmin<{ instances: InstanceView[] }>(access, `/api/instances?traffic=${RATES_OVER_S}`),
  ]);
  return { status, services, instances };
}
