import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { InstanceView, ServiceView, StatusView } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/protocol';
import { adminAccess, adminOption, askAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';
import { shutdown } from '@rollcall/runtime';
import { isInColour } from '@rollcall/runtime/log';
import { interrupt, onKeys } from '../terminal/keys.ts';
import { linesText } from '../terminal/line.ts';
import { openScreen } from '../terminal/screen.ts';
import { RATES_OVER_S } from '../top/rates.ts';
import { TopScreen } from '../top/top-screen.ts';
import { asJson, EVERYTHING, viewOf } from '../top/view.ts';
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
  const screen = new TopScreen(openScreen(), first, interrupt);
  onKeys((key) => screen.press(key));
  await follow(
    access,
    (each) => screen.show(each),
    (why) => screen.showFault(why),
  );
}

/** One table after another, with a line between. */
function asText(each: Sample): string {
  const { head, rows } = viewOf(each, EVERYTHING);
  return `${linesText([...head, ...rows], isInColour(process.stdout))}\n`;
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
