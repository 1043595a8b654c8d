import type { Command } from 'commander';
import type { ExplainedInstance, Explanation } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/protocol';
import type { JournalEntry } from '@rollcall/protocol';
import { adminAccess, adminOption, askAdminJson } from '../admin.ts';
import { fromIsoTimes } from '@rollcall/runtime';
import { clockTime } from '@rollcall/runtime/log';

type Route = NonNullable<Explanation['route']>;
type Ejection = NonNullable<ExplainedInstance['ejection']>;

interface ExplainOptions {
  readonly admin?: string;
  readonly method?: string;
  readonly host?: string;
  readonly header?: readonly string[];
  readonly json?: boolean;
}

export function defineExplain(command: Command): void {
  command
    .argument('<path>', 'such as /v1/generate, or a whole URL')
    .option('--method <method>', 'of the request; default: GET')
    .option(
      '--host <host>',
      "Host of the request; default: that of the URL, or the gateway's domain",
    )
    .option(
      '--header <field>',
      'header field of the request, such as "cookie: a=b"; may be repeated',
      (field: string, before: readonly string[] | undefined) => [...(before ?? []), field],
    )
    .addOption(adminOption())
    .option('--json', 'print JSON')
    .action(runExplain);
}

/** `rollcall explain /v1/generate` */
async function runExplain(path: string, options: ExplainOptions): Promise<void> {
  if (!/^(?:\/|https?:\/\/)/i.test(path)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the path is ${JSON.stringify(path)}; it must start with "/", "http://" or "https://"`,
    );
  }
  const answer = await askAdminJson(
    adminAccess(options.admin, process.env),
    `/api/explain?${queryOf(path, options)}`,
  );
  console.log(
    options.json === true
      ? JSON.stringify(answer, null, 2)
      : story(path, fromIsoTimes(answer) as Explanation),
  );
}

function queryOf(path: string, { method, host, header = [] }: ExplainOptions): string {
  const query = new URLSearchParams({ path });
  if (method !== undefined) query.set('method', method);
  if (host !== undefined) query.set('host', host);
  for (const each of header) query.append('header', each);
  return query.toString();
}

/** @param asked the path or URL as it was given: the explanation has no host */
function story(asked: string, explanation: Explanation): string {
  const { matched = '', verdict, target, route, filters, versions } = explanation;
  const { instances, gone, link, refused } = explanation;
  const lines = [`${asked} goes ${verdict}`];
  if (route !== undefined) lines.push('', `route ${matched}`, ...routeLines(route, target));
  if (filters.length > 0) lines.push('', 'filters');
  for (const { name, effect } of filters) lines.push(`  ${name}: ${effect}`);
  if (versions.length > 0) lines.push('', 'versions', ...versions.map(versionLine));
  for (const each of instances) {
    const {
      key,
      announcement,
      configuredAs,
      state,
      isRoutable,
      ejection,
      brokers = [],
      history,
    } = each;
    const { address, port, version, source } = announcement;
    const traffic = isRoutable ? 'receives traffic' : 'receives no traffic';
    const software = version === undefined ? '' : `, version ${version}`;
    lines.push(
      '',
      `${address} port ${port}  ${state}, ${traffic}${software}  ${configuredAs ?? key}`,
    );
    if (source !== undefined) lines.push(`  announced by ${source}`);
    if (brokers.length > 0)
      lines.push(`  presence: ${brokers.map((at) => `${at.presence} at ${at.name}`).join(', ')}`);
    if (ejection !== undefined) lines.push(`  ${ejectionLine(ejection)}`);
    lines.push(...history.map(lineOf));
  }
  for (const { key, history } of gone) lines.push('', `left  ${key}`, ...history.map(lineOf));
  lines.push('', 'connection to the broker', ...link.map(lineOf));
  if (refused.length > 0) lines.push('', 'refused messages');
  for (const { at, event, code, reason } of refused)
    lines.push(`  ${clockTime(at)}  ${event} (${code}): ${reason}`);
  return lines.join('\n');
}

/** What requests of the route are subject to. */
function routeLines(route: Route, target: string | undefined): string[] {
  const { strip, rewrite, balancing, versions, retries, limits } = route;
  const { policy, hashBy, maxInFlight, slowStartMs, zone } = balancing;
  const key = policy === 'hash' ? ` by ${hashBy}` : '';
  const near = zone === undefined ? '' : `, zone ${zone} preferred`;
  const warm = slowStartMs === 0 ? '' : `, slow start of ${slowStartMs} ms`;
  return [
    ...(target === undefined ? [] : [`  instance receives: ${target}`]),
    `  prefix: ${strip ? 'stripped' : 'kept'}`,
    ...(rewrite === undefined ? [] : [`  rewrite: ${rewriteLine(rewrite)}`]),
    `  balancing: ${policy}${key}, at most ${maxInFlight} in flight to an instance${near}${warm}`,
    ...(versions === undefined ? [] : [`  versions: ${versions}`]),
    `  retries: ${retries.share * 100} % of requests, and ${retries.perSecond} per second`,
    `  limits: ${Object.entries(limits)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  ];
}

/** Such as: 1.5  held, 0 % of requests: 3.1 % of 1,204 requests failed, 0.1 % of 11,873 of version 1.4 */
function versionLine({ version, state, share, why }: Explanation['versions'][number]): string {
  const limited =
    share === undefined ? '' : `, ${Number((share * 100).toPrecision(2))} % of requests`;
  const reason = why === '' ? '' : `: ${why}`;
  return `  ${version || 'no version'}  ${state}${limited}${reason}`;
}

/** Such as: paths below /old to /new */
function rewriteLine({ prefix, regex, replacement }: NonNullable<Route['rewrite']>): string {
  const which = prefix === undefined ? `paths that match ${regex}` : `paths below ${prefix}`;
  return `${which} to ${replacement}`;
}

/** Such as: ejected by 1 of 2 processes until 12:00:30.000: 5 failed requests in a row: 503 ×5 */
function ejectionLine({ why, until, processes, of, isIgnored }: Ejection): string {
  const by = of > 1 && !isIgnored ? ` by ${processes} of ${of} processes` : '';
  const ignored = isIgnored ? ', ignored because too few others are left' : '';
  return `ejected${by} until ${clockTime(Date.parse(until))}: ${why}${ignored}`;
}

/** Such as: 12:00:01.123  probe: refused -> down: its port refuses connections */
function lineOf({ at, last, times, what, change, why }: JournalEntry): string {
  const again = times > 1 ? `, ${times} times until ${clockTime(last)}` : '';
  const made = change === undefined ? '' : ` -> ${change}: ${why}`;
  return `  ${clockTime(at)}  ${what ?? 'time passed'}${again}${made}`;
}
