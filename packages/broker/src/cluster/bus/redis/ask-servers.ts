import type { BusUrl, ServerAddress } from '../bus-url.ts';
import { withDeadline } from '../deadline.ts';
import { RespConnection } from './resp-connection.ts';
import type { RespValue } from './resp-parser.ts';

/** All are asked at the same time, so that one that hangs costs no more than this. */
const MAX_ANSWER_MS = 700;

/** What to ask, and what to make of a reply: undefined if it is no answer. */
export interface Question<T> {
  readonly command: readonly string[];
  readonly parse: (reply: RespValue, server: ServerAddress) => T | undefined;
  /** Answers with the same key are the same. */
  readonly key: (answer: T) => string;
}

/**
 * Asks several servers, and returns what most of them say: one that is cut off from the others goes on saying what it last knew.
 * Undefined if no reply is an answer. Rejects if no server replies, with a reason that has no secret.
 */
export async function askServers<T>(
  url: BusUrl,
  servers: readonly ServerAddress[],
  question: Question<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const replies = await Promise.allSettled(
    servers.map((server) =>
      withDeadline(MAX_ANSWER_MS, signal, (inTime) => ask(url, server, question, inTime)),
    ),
  );
  const answers = replies.flatMap((reply) =>
    reply.status === 'fulfilled' && reply.value !== undefined ? [reply.value] : [],
  );
  const failure = replies.find((reply) => reply.status === 'rejected');
  if (failure !== undefined && replies.every(({ status }) => status === 'rejected')) {
    throw failure.reason;
  }
  return mostCommon(answers, question.key);
}

function mostCommon<T>(answers: readonly T[], keyOf: (answer: T) => string): T | undefined {
  const counts = new Map<string, number>();
  let best: { answer: T; count: number } | undefined;
  for (const answer of answers) {
    const key = keyOf(answer);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (best === undefined || count > best.count) best = { answer, count };
  }
  return best?.answer;
}

async function ask<T>(
  url: BusUrl,
  server: ServerAddress,
  { command, parse }: Question<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const ignored = { onMessage: () => {}, onLost: () => {} };
  const connection = await RespConnection.open(url, server, ignored, signal);
  try {
    return parse(await connection.command(...command), server);
  } finally {
    await connection.destroy();
  }
}
