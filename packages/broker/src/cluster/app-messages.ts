import { isRecord } from '@rollcall/protocol';
import type { Publication } from '../app/app.ts';
import type { KeptEvent } from '../app/event-cache.ts';

/** What nodes say to each other about the channels of an app. Arrays, because nearly all messages are these. */
export type AppMessage =
  | readonly [
      type: 'event',
      name: string,
      data: string,
      channels: readonly string[],
      except: string | null,
      stamp: string,
    ]
  | readonly [type: 'client-event', channel: string, frame: string, senderId: string]
  | readonly [type: 'terminate', userId: string]
  /** What is the last event of a cache channel? */
  | readonly [type: 'cached?', channel: string]
  | readonly [type: 'cached', channel: string, event: KeptEvent | null];

/** The message for the channels of a publication that belong to one subject. */
export function eventMessage(
  { name, data, exceptSocketId }: Publication,
  channels: readonly string[],
  stamp: string,
): AppMessage {
  return ['event', name, data, channels, exceptSocketId ?? null, stamp];
}

/** Reads a message. Returns `undefined` if it is none. */
export function parseAppMessage(payload: unknown): AppMessage | undefined {
  if (!Array.isArray(payload)) return undefined;
  const [type, one, two, three, four, five] = payload as readonly unknown[];
  if (typeof one !== 'string') return undefined;
  switch (type) {
    case 'event': {
      const isWhole = typeof two === 'string' && areTexts(three) && typeof five === 'string';
      if (!isWhole || (four !== null && typeof four !== 'string')) return undefined;
      return [type, one, two, three, four, five];
    }
    case 'client-event':
      if (typeof two !== 'string' || typeof three !== 'string') return undefined;
      return [type, one, two, three];
    case 'terminate':
    case 'cached?':
      return [type, one];
    case 'cached':
      return two === null || isKeptEvent(two) ? [type, one, two] : undefined;
    default:
      return undefined;
  }
}

function isKeptEvent(value: unknown): value is KeptEvent {
  if (!isRecord(value)) return false;
  const { name, data, stamp, remainingMs } = value;
  return areTexts([name, data, stamp]) && typeof remainingMs === 'number';
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
