import { Option } from 'commander';
import type { Command } from 'commander';
import type { ServiceView, VersionView } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/protocol';
import { isInColour } from '@rollcall/runtime/log';
import { adminAccess, adminOption, askAdmin, changeAtAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';
import { counted } from '../terminal/counted.ts';
import { linesText } from '../terminal/line.ts';
import type { Line } from '../terminal/line.ts';
import { tableOf } from '../terminal/table.ts';

interface RolloutOptions {
  readonly admin?: string;
  readonly json?: boolean;
  readonly promote?: string;
  readonly hold?: string;
  readonly reset?: string;
}

export function defineRollout(command: Command): void {
  command
    .argument('[prefix]', 'a prefix such as /v1; default: all')
    .addOption(decision('--promote <version>', 'give the version its whole share', 'hold', 'reset'))
    .addOption(decision('--hold <version>', 'send the version no requests', 'promote', 'reset'))
    .addOption(decision('--reset <version>', 'compare the version anew', 'promote', 'hold'))
    .addOption(adminOption())
    .option('--json', 'print JSON')
    .action(runRollout);
}

function decision(flags: string, description: string, ...others: string[]): Option {
  return new Option(flags, description).conflicts(others);
}

/** `rollcall rollout /v1 --promote 1.5` */
async function runRollout(prefix: string | undefined, options: RolloutOptions): Promise<void> {
  const access = adminAccess(options.admin, process.env);
  await decide(access, prefix, options);
  const { services } = await askAdmin<{ readonly services: readonly ServiceView[] }>(
    access,
    '/api/services',
  );
  const shown = services.filter(
    (each) => prefix === undefined || each.prefix === prefix.replace(/\/$/, ''),
  );
  const rollouts = shown.flatMap(({ prefix: own, versions }) =>
    versions === undefined ? [] : { prefix: own, versions },
  );
  console.log(
    options.json === true
      ? JSON.stringify(rollouts, null, 2)
      : linesText(listing(rollouts), isInColour(process.stdout)),
  );
}

async function decide(
  access: AdminAccess,
  prefix: string | undefined,
  options: RolloutOptions,
): Promise<void> {
  for (const name of ['promote', 'hold', 'reset'] as const) {
    const version = options[name];
    if (version === undefined) continue;
    if (prefix === undefined)
      throw new RollcallError('ROLLCALL_CONFIG', `--${name} needs the prefix of the service`);
    const query = new URLSearchParams({ prefix, version, decision: name });
    await changeAtAdmin(access, `/api/services/versions?${query.toString()}`);
  }
}

function listing(
  rollouts: readonly { readonly prefix: string; readonly versions: readonly VersionView[] }[],
): Line[] {
  if (rollouts.length === 0) return [['no service has several versions']];
  const rows = rollouts.flatMap(({ prefix, versions }) =>
    versions.map(({ version, state, instances, share, why }): Line => [
      prefix || '/',
      version || '-',
      { text: state, style: STYLES[state] },
      counted(instances, 'instance'),
      share === undefined ? '-' : `${Number((share * 100).toPrecision(2))} %`,
      why,
    ]),
  );
  return tableOf(['PREFIX', 'VERSION', 'STATE', 'INSTANCES', 'SHARE', 'WHY'], rows);
}

const STYLES = { accepted: 'green', testing: 'yellow', held: 'red' } as const;
