import { PROXY_PROBLEMS } from '@rollcall/proxy';
import type { Decision, Problem } from '@rollcall/proxy';

/** Why routing finds no instance for a request. */
const ROUTING_PROBLEMS = {
  'unknown-route': { status: 404, title: 'No service has this path' },
  'unknown-host': { status: 404, title: 'This gateway does not answer for that host' },
  'no-instance': { status: 503, title: 'The service has no live instance' },
  overloaded: { status: 503, title: 'The service has no room for another request' },
} as const;

/** Every problem that a client of the gateway can get. Each code stands in docs/reference/errors.md. */
export const PROBLEMS: typeof PROXY_PROBLEMS & typeof ROUTING_PROBLEMS = {
  ...PROXY_PROBLEMS,
  ...ROUTING_PROBLEMS,
};

/** The codes of problems that clients of the gateway can receive. */
export type ProblemCode = keyof typeof PROBLEMS;

/**
 * The gateway answers itself.
 * @param prefix the route, if it is known
 */
export function problem(code: ProblemCode, detail: string, prefix?: string): Decision {
  const answered: Problem = { code, ...PROBLEMS[code], detail };
  return { type: 'answer', problem: answered, ...(prefix !== undefined && { prefix }) };
}
