import type { RouteLimits } from '../limits.ts';

/** Where an exchange is on its way. */
export type Phase =
  /** The request is decided, and passes the filters of its route. */
  | 'filtering'
  /** An upstream is chosen, and its connection is being opened. */
  | 'connecting'
  /** The head was sent; the client is still sending the body. */
  | 'sending'
  /** The whole request was sent; the response has not begun. */
  | 'waiting'
  /** The head of the response was sent to the client. */
  | 'responding'
  /** Client and upstream have switched to WebSocket. */
  | 'tunnelling'
  /** The exchange needs neither side any more. */
  | 'done';

/** What moves an exchange on. */
export type PhaseEvent =
  /** The filters let the request pass, and an upstream is chosen; or another, after an attempt has failed. */
  | 'attempt'
  /** The head was sent with part of the body. */
  | 'head-sent'
  /** The request was sent to its end. */
  | 'request-sent'
  /** The upstream's response has begun. */
  | 'response-head'
  /** The upstream has switched protocols. */
  | 'upgrade'
  /** The response, or the tunnel, has ended as it should. */
  | 'end'
  /** The proxy answers itself: with the answer of a filter, or a problem. */
  | 'answer'
  /** The client left, or the response was broken off. */
  | 'abort';

/** The next phase, by phase and event. Events that are absent cannot happen. ARCHITECTURE.md shows the same as a table; a test compares them. */
export const TRANSITIONS: Readonly<Record<Phase, Partial<Record<PhaseEvent, Phase>>>> = {
  filtering: { attempt: 'connecting', answer: 'done', abort: 'done' },
  connecting: {
    attempt: 'connecting',
    'head-sent': 'sending',
    'request-sent': 'waiting',
    answer: 'done',
    abort: 'done',
  },
  sending: {
    attempt: 'connecting',
    'request-sent': 'waiting',
    'response-head': 'responding',
    answer: 'done',
    abort: 'done',
  },
  waiting: {
    attempt: 'connecting',
    'response-head': 'responding',
    upgrade: 'tunnelling',
    answer: 'done',
    abort: 'done',
  },
  responding: { 'request-sent': 'responding', end: 'done', abort: 'done' },
  tunnelling: { end: 'done' },
  done: {},
};

/** How long a phase may last without progress: the limit that applies. */
export const LIMIT_OF: Readonly<Record<Phase, keyof RouteLimits | undefined>> = {
  filtering: 'filterMs',
  connecting: 'connectMs',
  sending: 'requestBodyMs',
  waiting: 'answerMs',
  responding: 'answerBodyMs',
  tunnelling: undefined,
  done: undefined,
};

/** Returns undefined if the event cannot happen in this phase: a bug of the proxy. */
export function nextPhase(phase: Phase, event: PhaseEvent): Phase | undefined {
  return TRANSITIONS[phase][event];
}
