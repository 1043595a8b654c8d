import { urlHost } from '@rollcall/protocol';
import type { InstanceView } from '@rollcall/gateway';
import type { Rates } from './rates.ts';

/** What the table is sorted by, in the order in which the key `s` chooses. */
export const SORT_KEYS = ['state', 'requests', 'errors', 'p99', 'age'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** An instance with its recent traffic. */
export interface Row {
  readonly instance: InstanceView;
  readonly rates: Rates | undefined;
}

/** What needs attention first. */
const BY_STATE = ['down', 'ejected', 'suspect', 'draining', 'drained', 'healthy'];

/** Sorts instances; equal ones stay in the order of the gateway. */
export function sorted(rows: readonly Row[], key: SortKey): Row[] {
  return rows.toSorted((a, b) => rank(b, key) - rank(a, key));
}

/** Where an instance stands: the highest is the first. */
export function rank({ instance, rates }: Row, key: SortKey): number {
  switch (key) {
    case 'state':
      return -BY_STATE.indexOf(instance.state);
    case 'requests':
      return rates?.requestsPerSecond ?? -1;
    case 'errors':
      return rates?.errors ?? -1;
    case 'p99':
      return rates?.p99 ?? -1;
    case 'age':
      // The newest first: what changed last is asked for most.
      return instance.since;
  }
}

/** Whether an instance has the text in its prefix, name, version, address, zone or state. */
export function matches({ announcement, state }: InstanceView, text: string): boolean {
  const { prefix, address, port, name = '', version = '', zone = '' } = announcement;
  const shown = [prefix || '/', name, version, `${urlHost(address)}:${port}`, zone, state];
  return shown.some((each) => each.toLowerCase().includes(text.toLowerCase()));
}
