import type { Effect } from '../table/events.ts';
import type { Message } from '../wire/messages.ts';
import type { Refusal } from '../wire/refusal.ts';

/** What an observer makes of something it learned. The caller, which has sockets and a clock, carries it out. */
export interface Reaction {
  readonly effects: readonly Effect[];
  /** Messages to publish, one after another. */
  readonly publish: readonly Message[];
  readonly refusals: readonly Refusal[];
  /** Whether it was an answer to this observer's own roll call. */
  readonly isAnswer: boolean;
}

export const NO_REACTION: Reaction = { effects: [], publish: [], refusals: [], isAnswer: false };

/** Several reactions as one. */
export function combined(reactions: readonly Reaction[]): Reaction {
  return {
    effects: reactions.flatMap(({ effects }) => effects),
    publish: reactions.flatMap(({ publish }) => publish),
    refusals: reactions.flatMap(({ refusals }) => refusals),
    isAnswer: false,
  };
}
