import { urlHost } from '@rollcall/client';
import type { Announcement, Change, Instance } from '@rollcall/client';
import { encodeAnnouncement } from '@rollcall/protocol';
import { clockTime } from '../terminal/clock-time.ts';

/** One line of `rollcall watch`. */
export interface Happening {
  readonly what: string;
  /** Whom it concerns; nobody if it is about the channel. */
  readonly instance?: Instance;
  readonly why: string;
}

/** The words of the gateway's log. */
const WORDS: Record<Change['type'], string> = {
  registered: 'registered',
  updated: 'updated',
  left: 'left',
  suspected: 'in doubt',
  down: 'out of rotation',
  recovered: 'in rotation',
  forgotten: 'forgotten',
};
const ORDER = new Set(['inc', 'seq']);
const WIDTH = Math.max(...Object.values(WORDS).map((word) => word.length));

export function changed({ type, instance, why, was }: Change): Happening {
  const what = WORDS[type];
  const fields = was === undefined ? [] : differences(was, instance.announcement);
  return { what, instance, why: fields.length === 0 ? why : `${why}: ${fields.join(', ')}` };
}

/** @param at milliseconds since 1970 */
export function asText({ what, instance, why }: Happening, at: number): string {
  // What concerns the channel itself concerns all that follows.
  if (instance === undefined) return `${clockTime(at)}  ${what.toUpperCase()}  ${why}`;
  const { prefix, address, port, name, id } = instance.announcement;
  const place = `${urlHost(address)}:${port}`;
  const who = [name, id].filter((word) => word !== undefined).join(' ') || '-';
  return `${clockTime(at)}  ${what.padEnd(WIDTH)}  ${prefix || '/'}  ${place}  ${who}  (${why})`;
}

/** @param at milliseconds since 1970 */
export function asJson({ what, instance, why }: Happening, at: number): string {
  const time = new Date(at).toISOString();
  if (instance === undefined) return JSON.stringify({ time, what, why });
  const { prefix, address, port, name, id } = instance.announcement;
  return JSON.stringify({ time, what, prefix, address, port, name, id, why });
}

/** The names of what is said otherwise, save for the numbers that order it. */
function differences(was: Announcement, is: Announcement): string[] {
  const [before, now] = [encodeAnnouncement(was), encodeAnnouncement(is)];
  const names = Object.keys({ ...before, ...now }).filter((name) => !ORDER.has(name));
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}
