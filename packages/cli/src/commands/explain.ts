import type { Explanation } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/client';
import type { JournalEntry } from '@rollcall/protocol';
import { clockTime } from '../terminal/clock-time.ts';

export interface ExplainOptions {
  readonly admin?: string;
  readonly json?: boolean;
}

const DEFAULT_ADMIN = 'http://127.0.0.1:1501';
const WITHIN_MS = 5000;

/** `rollcall explain /v1/generate` */
export async function runExplain(path: string, options: ExplainOptions): Promise<void> {
  if (!path.startsWith('/')) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the path is ${JSON.stringify(path)}; it must start with "/"`,
    );
  }
  const admin = options.admin ?? (process.env['ROLLCALL_ADMIN'] || DEFAULT_ADMIN);
  const token = process.env['ROLLCALL_ADMIN_TOKEN'] ?? '';
  const explanation = await ask(admin, token, path);
  console.log(options.json === true ? JSON.stringify(explanation, null, 2) : story(explanation));
}

async function ask(admin: string, token: string, path: string): Promise<Explanation> {
  try {
    const url = new URL(`/api/explain?path=${encodeURIComponent(path)}`, admin);
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(WITHIN_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as Explanation;
  } catch (cause) {
    throw new RollcallError(
      'ROLLCALL_GATEWAY_UNREACHABLE',
      `no answer from a gateway's admin API at ${admin}: start one with "rollcall gateway", or name its admin API with --admin`,
      { cause },
    );
  }
}

function story({ path, verdict, instances, gone, link, refused }: Explanation): string {
  const lines = [`${path} goes ${verdict}`];
  for (const { key, announcement, status, isRoutable, history } of instances) {
    const { address, port } = announcement;
    const turn = isRoutable ? 'in turn' : 'not picked';
    lines.push('', `${address} port ${port}  ${status}, ${turn}  ${key}`, ...history.map(lineOf));
  }
  for (const { key, history } of gone) lines.push('', `gone  ${key}`, ...history.map(lineOf));
  lines.push('', "the gateway's own link to the channel", ...link.map(lineOf));
  if (refused.length > 0) lines.push('', 'refused lately');
  for (const { at, event, code, reason } of refused)
    lines.push(`  ${clockTime(at)}  ${event} (${code}): ${reason}`);
  return lines.join('\n');
}

/** Such as: 12:00:01.123  probe: refused -> down: its port refuses connections */
function lineOf({ at, last, times, what, change, why }: JournalEntry): string {
  const again = times > 1 ? `, ${times} times until ${clockTime(last)}` : '';
  const made = change === undefined ? '' : ` -> ${change}: ${why}`;
  return `  ${clockTime(at)}  ${what ?? 'as time passed'}${again}${made}`;
}
