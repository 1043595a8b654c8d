import { isRecord } from '@rollcall/protocol';
import type { Sent } from './duty.ts';

/** What gateways that notify the same targets write to each other. */
export type NotifyMessage =
  /** The sender is there. */
  | { readonly type: 'hello'; readonly isAnswerWanted: boolean }
  /** The sender ends. */
  | { readonly type: 'bye' }
  /** A target has accepted a message of the sender. */
  | ({ readonly type: 'sent'; readonly target: string } & Sent);

/** A message with what shows that it is new. */
export interface NotifyLetter {
  /** One run of a gateway. */
  readonly from: string;
  /** Counts the letters of that run. */
  readonly number: number;
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
  readonly message: NotifyMessage;
}

const MAX_TEXT = 100;

/** Reads a letter. Returns undefined if it is none. */
export function parseNotifyLetter(input: unknown): NotifyLetter | undefined {
  if (!isRecord(input)) return undefined;
  const { from, number, at, message: given } = input;
  const message = parseMessage(given);
  if (!isText(from) || !isCount(number) || !isCount(at) || message === undefined) return undefined;
  return { from, number, at, message };
}

function parseMessage(input: unknown): NotifyMessage | undefined {
  if (!isRecord(input)) return undefined;
  const { type, isAnswerWanted, target, group, about } = input;
  if (type === 'bye') return { type };
  if (type === 'hello' && typeof isAnswerWanted === 'boolean') return { type, isAnswerWanted };
  if (type !== 'sent' || !isText(target) || !isCount(group) || !isAbout(about)) return undefined;
  return { type, target, group, about };
}

function isAbout(input: unknown): input is Sent['about'] {
  return (
    Array.isArray(input) &&
    input.every((each) => Array.isArray(each) && each.length === 2 && each.every(isText))
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
