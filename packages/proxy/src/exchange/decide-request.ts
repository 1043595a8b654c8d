import type { Context } from '../context.ts';
import { afterSegments, escapesPrefix } from '../http1/target.ts';
import { bodyTooLarge, proxyProblem } from '../problems.ts';
import type { Problem } from '../problems.ts';
import type { Decision } from '../proxy.ts';
import type { ClientRequest } from './client-request.ts';

/**
 * Decides what becomes of a request, and checks what the decision leads to.
 * @param receivedBytes what has come of its body already
 */
export function decideRequest(
  request: ClientRequest,
  receivedBytes: number,
  { decide, limits, pseudonym }: Pick<Context, 'decide' | 'limits' | 'pseudonym'>,
): Decision {
  const { length, via } = request.head;
  if (via !== '' && isLoop(via, pseudonym)) return { type: 'answer', problem: LOOP };
  const decision = decide(request);
  if (decision.type === 'answer') return decision;
  const { route, prefix = '', filters } = decision;
  const { bodyBytes } = decision.limits ?? limits;
  const problem =
    escapeProblem(decision.target, decision) ?? sizeProblem(length, receivedBytes, bodyBytes);
  return problem === undefined
    ? decision
    : { type: 'answer', problem, route: route ?? prefix, filters };
}

function sizeProblem(length: number, received: number, maxBytes: number): Problem | undefined {
  return Math.max(length, received) > maxBytes ? bodyTooLarge(maxBytes) : undefined;
}

const LOOP = proxyProblem(
  'loop',
  'Its Via field shows that it has passed through this proxy before.',
);

/** Whether a Via says that the request has come through here before (RFC 9110 §7.6.3). */
function isLoop(via: string, pseudonym: string): boolean {
  if (!via.includes(pseudonym)) return false;
  return via.split(',').some((each) => each.trim().split(/[ \t]+/)[1] === pseudonym);
}

/** Why a target may not be sent to the upstream of a route, if it may not. */
export function escapeProblem(
  target: string,
  { prefix = '', isStripped = true }: { readonly prefix?: string; readonly isStripped?: boolean },
): Problem | undefined {
  // By segments: the prefix may stand there with some of its characters percent-encoded.
  const below = isStripped ? target : afterSegments(target, prefix.split('/').length - 1);
  if (!escapesPrefix(below)) return undefined;
  return proxyProblem(
    'path-escapes-route',
    `The path leaves the prefix ${prefix || '/'} after \`..\` is resolved.`,
  );
}

/** The name of the route of a decision, for the summary. */
export function routeOf(decision: Decision): string | undefined {
  return decision.type === 'forward' ? (decision.route ?? decision.prefix) : decision.route;
}
