import type { Command } from 'commander';
import type { AuditEntry, AuditPage, AuditTarget } from '@rollcall/gateway';
import { RollcallError, urlHost } from '@rollcall/protocol';
import { withIsoTimes } from '@rollcall/runtime';
import { isInColour } from '@rollcall/runtime/log';
import { adminAccess, adminOption, askAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';
import { linesText } from '../terminal/line.ts';
import type { Line } from '../terminal/line.ts';
import { tableOf } from '../terminal/table.ts';

/** As many as a response of the admin API has at most. */
const PAGE = 1000;

interface AuditOptions {
  readonly admin?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function defineAudit(command: Command): void {
  command
    .option('--limit <count>', 'how many changes are shown, the latest (default: 50)', '50')
    .addOption(adminOption())
    .option('--json', 'print JSON, one object per line')
    .action(runAudit);
}

/** `rollcall audit` */
async function runAudit({ admin, limit, json = false }: AuditOptions): Promise<void> {
  if (!/^[1-9][0-9]{0,6}$/.test(limit))
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `--limit is ${JSON.stringify(limit)}; it must be a whole number from 1 to 9999999`,
    );
  const { state, entries } = await latest(adminAccess(admin, process.env), Number(limit));
  if (state === 'failing')
    console.error('the gateway cannot write its audit log at the moment: see its log');
  const inOrder = entries.toReversed();
  if (json) {
    for (const entry of inOrder) console.log(JSON.stringify(withIsoTimes(entry)));
    return;
  }
  console.log(linesText(listing(inOrder), isInColour(process.stdout)));
}

/** The newest first. */
async function latest(access: AdminAccess, limit: number): Promise<AuditPage> {
  const entries: AuditEntry[] = [];
  for (;;) {
    const wanted = Math.min(PAGE, limit - entries.length);
    const last = entries.at(-1);
    const before = last === undefined ? '' : `&before=${last.id}`;
    const page = await askAdmin<AuditPage>(access, `/api/audit?limit=${wanted}${before}`);
    entries.push(...page.entries);
    if (page.entries.length < wanted || entries.length >= limit) return { ...page, entries };
  }
}

function listing(entries: readonly AuditEntry[]): Line[] {
  if (entries.length === 0) return [['no changes']];
  const rows = entries.map(({ at, who = '-', from = '-', action, target, ...entry }): Line => {
    const { result, reason, settings = [] } = entry;
    const style = result === 'refused' ? ({ text: result, style: 'red' } as const) : result;
    const [why = ''] = (reason ?? settings.join(', ')).split('\n');
    return [new Date(at).toISOString(), who, from, action, targetText(target), style, why];
  });
  return tableOf(['TIME', 'WHO', 'FROM', 'ACTION', 'TARGET', 'RESULT', ''], rows);
}

/** What a change is about, in a few words. */
function targetText({ prefix, key, address, port, version, file }: AuditTarget): string {
  if (file !== undefined) return file;
  if (version !== undefined) return `${prefix} ${version || '(no version)'}`;
  if (address !== undefined) return `${prefix} ${urlHost(address)}:${port}`;
  return prefix ?? key ?? '-';
}
