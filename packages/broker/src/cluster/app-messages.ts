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
  /** What are the last events of these cache channels? */
  | readonly [type: 'cached?', channels: readonly string[]]
  | readonly [type: 'cached', answers: readonly CachedAnswer[]];

/** The last event of a channel, as far as a node knows. */
export type CachedAnswer = readonly [channel: string, event: KeptEvent | null];

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
  if (type === 'cached?') return areTexts(one) ? [type, one] : undefined;
  if (type === 'cached') return areAnswers(one) ? [type, one] : undefined;
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
      return [type, one];
    default:
      return undefined;
  }
}

function areAnswers(value: unknown): value is readonly CachedAnswer[] {
  return Array.isArray(value) && value.every((answer) => isAnswer(answer));
}

function isAnswer(value: unknown): value is CachedAnswer {
  if (!Array.isArray(value)) return false;
  const [channel, event] = value as readonly unknown[];
  return typeof channel === 'string' && (event === null || isKeptEvent(event));
}

function isKeptEvent(value: unknown): value is KeptEvent {
  if (!isRecord(value)) return false;
  const { name, data, stamp, remainingMs } = value;
  return areTexts([name, data, stamp]) && typeof remainingMs === 'number';
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
