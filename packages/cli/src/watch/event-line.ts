import { urlHost } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import type { ObserverEventType } from '@rollcall/protocol';
import { clockTime } from '@rollcall/runtime/log';

/** One line of `rollcall watch`. */
export interface WatchLine {
  /** `present` is an instance that was in the table when the command started. */
  readonly type: ObserverEventType | 'present';
  /** The instance after the event; absent if the event is not about one. */
  readonly instance?: Instance;
  readonly reason: string;
}

const TYPE_WIDTH = 'registered'.length;

/** @param at milliseconds since 1970 */
export function asText({ type, instance, reason }: WatchLine, at: number): string {
  // In capitals, because an event of the link affects every line after it.
  if (instance === undefined) return `${clockTime(at)}  ${type.toUpperCase()}  ${reason}`;
  const { prefix, address, port, name, id } = instance.announcement;
  const endpoint = `${urlHost(address)}:${port}`;
  const names = [name, id].filter((word) => word !== undefined).join(' ') || '-';
  return `${clockTime(at)}  ${type.padEnd(TYPE_WIDTH)}  ${prefix || '/'}  ${endpoint}  ${names}  (${reason})`;
}

/** @param at milliseconds since 1970 */
export function asJson({ type, instance, reason }: WatchLine, at: number): string {
  const time = new Date(at).toISOString();
  if (instance === undefined) return JSON.stringify({ time, type, reason });
  const { prefix, address, port, name, id } = instance.announcement;
  return JSON.stringify({ time, type, prefix, address, port, name, id, reason });
}
