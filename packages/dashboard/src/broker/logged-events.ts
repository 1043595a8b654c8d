import type { BrokerEvent, EventBatch } from '@rollcall/broker';

/** More would make the page slow. */
export const MAX_SHOWN = 300;

/** A line of the log: an event, or how many the broker has left out. */
export type LogLine =
  | { readonly id: number; readonly event: BrokerEvent }
  | { readonly id: number; readonly dropped: number };

/** Adds a batch to the lines, the newest first. */
export function withBatch(lines: readonly LogLine[], { events, dropped }: EventBatch): LogLine[] {
  let id = (lines[0]?.id ?? 0) + 1;
  const added: LogLine[] = events.map((event) => ({ id: id++, event }));
  if (dropped > 0) added.push({ id, dropped });
  return [...added.toReversed(), ...lines].slice(0, MAX_SHOWN);
}
