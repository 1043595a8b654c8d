import type { Publication } from '../app/app.ts';

/** What nodes say to each other about the channels of an app. Arrays, because nearly all messages are these. */
export type AppMessage =
  | readonly [type: 'event', name: string, data: string, channels: readonly string[], except: string | null]
  | readonly [type: 'client-event', channel: string, frame: string, senderId: string]
  | readonly [type: 'terminate', userId: string];

/** The message for the channels of a publication that belong to one subject. */
export function eventMessage(
  { name, data, exceptSocketId }: Publication,
  channels: readonly string[],
): AppMessage {
  return ['event', name, data, channels, exceptSocketId ?? null];
}

/** Reads a message. Returns `undefined` if it is none. */
export function parseAppMessage(payload: unknown): AppMessage | undefined {
  if (!Array.isArray(payload)) return undefined;
  const [type, ...rest] = payload as readonly unknown[];
  const [first, second, third, fourth] = rest;
  if (typeof first !== 'string') return undefined;
  if (type === 'terminate') return [type, first];
  if (typeof second !== 'string') return undefined;
  if (type === 'client-event' && typeof third === 'string') return [type, first, second, third];
  const isEvent = type === 'event' && areTexts(third);
  if (!isEvent || (fourth !== null && typeof fourth !== 'string')) return undefined;
  return [type, first, second, third, fourth];
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
