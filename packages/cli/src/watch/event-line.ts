import { urlHost } from '@rollcall/protocol';
import type { Instance } from '@rollcall/client';
import type { EventDescription, ObserverEventType } from '@rollcall/protocol';
import { clockTime } from '@rollcall/runtime/log';
import type { Span } from '../terminal/line.ts';

/** One line of `rollcall watch`. */
export interface WatchLine {
  /** `present` is an instance that was in the table when the command started. */
  readonly type: ObserverEventType | 'present';
  /** The instance after the event; absent if the event is not about one. */
  readonly instance?: Instance;
  readonly reason: string;
  /** Absent of `present`. */
  readonly level?: EventDescription['level'];
}

const TYPE_WIDTH = 'registered'.length;

/** @param at milliseconds since 1970 */
export function asText({ type, instance, reason }: WatchLine, at: number): string {
  // In capitals, because an event of the link affects every line after it.
  if (instance === undefined) return `${clockTime(at)}  ${type.toUpperCase()}  ${reason}`;
  const { name, id } = instance.announcement;
  const names = [name, id].filter((word) => word !== undefined).join(' ') || '-';
  return `${clockTime(at)}  ${type.padEnd(TYPE_WIDTH)}  ${placeOf(instance)}  ${names}  (${reason})`;
}

const LEVEL_STYLES = { warn: 'yellow', error: 'red' } as const;
const SECONDS = '12:00:01'.length;

/**
 * For a terminal, which shows names and ids in the table above.
 * @param at milliseconds since 1970
 */
export function asSpan({ type, level, instance, reason }: WatchLine, at: number): Span {
  const place = instance === undefined ? '' : `${placeOf(instance)}  `;
  const time = clockTime(at).slice(0, SECONDS);
  const text = `${time}  ${type.padEnd(TYPE_WIDTH)}  ${place}${reason}`;
  return level === undefined || level === 'info' ? text : { text, style: LEVEL_STYLES[level] };
}

function placeOf({ announcement: { prefix, address, port } }: Instance): string {
  return `${prefix || '/'}  ${urlHost(address)}:${port}`;
}

/** @param at milliseconds since 1970 */
export function asJson({ type, instance, reason }: WatchLine, at: number): string {
  const time = new Date(at).toISOString();
  if (instance === undefined) return JSON.stringify({ time, type, reason });
  const { prefix, address, port, name, id } = instance.announcement;
  return JSON.stringify({ time, type, prefix, address, port, name, id, reason });
}
