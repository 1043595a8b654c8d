import { parsePrefix, quote } from '@rollcall/protocol';
import type { InstancesQuery } from './views.ts';

/** More than anybody sees at once. */
const MOST_KEYS = 100;
const MOST_SECONDS = 3600;

/** What `/api/instances` is asked for; or, as text, what is wrong with that. */
export function readInstancesQuery(
  query: Readonly<Record<string, readonly string[]>>,
): InstancesQuery | string {
  const { key: keys, prefix: [prefix] = [], traffic: [traffic] = [] } = query;
  if (keys !== undefined && keys.length > MOST_KEYS) return `At most ${MOST_KEYS} keys.`;
  const parsed = prefix === undefined ? undefined : parsePrefix(prefix);
  if (parsed?.ok === false) return parsed.refusal.reason;
  const seconds = traffic === undefined ? undefined : wholeNumber(traffic);
  if (seconds !== undefined && !(seconds >= 1 && seconds <= MOST_SECONDS))
    return `traffic is ${quote(traffic)}; it must be whole seconds from 1 to ${MOST_SECONDS}`;
  return { keys, prefix: parsed?.value, traffic: seconds };
}

function wholeNumber(text: string): number {
  return /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
}
