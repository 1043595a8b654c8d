import { parsePrefix, quote } from '@rollcall/protocol';
import type { InstancesQuery } from './views.ts';

/** More than a dashboard shows at once. */
const MAX_KEYS = 100;
const MAX_SECONDS = 3600;

/** Parses the query of `/api/instances`. Returns a text if it is invalid. */
export function readInstancesQuery(
  query: Readonly<Record<string, readonly string[]>>,
): InstancesQuery | string {
  const { key: keys, prefix: [prefix] = [], traffic: [traffic] = [] } = query;
  if (keys !== undefined && keys.length > MAX_KEYS)
    return `The query has ${keys.length} keys; at most ${MAX_KEYS} are allowed.`;
  const parsed = prefix === undefined ? undefined : parsePrefix(prefix);
  if (parsed?.ok === false) return parsed.refusal.reason;
  const seconds = traffic === undefined ? undefined : wholeNumber(traffic);
  if (seconds !== undefined && !(seconds >= 1 && seconds <= MAX_SECONDS))
    return `traffic is ${quote(traffic)}; it must be whole seconds from 1 to ${MAX_SECONDS}`;
  return { keys, prefix: parsed?.value, traffic: seconds };
}

function wholeNumber(text: string): number {
  return /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
}
