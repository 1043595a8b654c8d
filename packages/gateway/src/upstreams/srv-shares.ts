import type { SrvRecord } from 'node:dns';

const MAX_WEIGHT = 100;

/**
 * Returns the records that are used, those of the lowest priority (RFC 2782), with weights as of instances. One with a weight
 * of 0 receives as little as possible.
 */
export function firstChoice(records: readonly SrvRecord[]): SrvRecord[] {
  const first = Math.min(...records.map(({ priority }) => priority));
  const chosen = records.filter(({ priority }) => priority === first);
  const largest = Math.max(...chosen.map(({ weight }) => weight));
  const scale = Math.min(1, MAX_WEIGHT / largest);
  return chosen.map((record) => ({
    ...record,
    weight: Math.max(1, Math.round(record.weight * scale)),
  }));
}
