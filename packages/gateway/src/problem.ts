import { PROXY_PROBLEMS } from '@rollcall/proxy';
import type { Problem } from '@rollcall/proxy';

/** Why routing finds no instance for a request. */
const ROUTING_PROBLEMS = {
  'unknown-route': { status: 404, title: 'Unknown route' },
  'unknown-host': { status: 404, title: 'Unknown host' },
  starting: { status: 503, title: 'Gateway is starting' },
  'no-instance': { status: 503, title: 'No healthy instance' },
  overloaded: { status: 503, title: 'Service overloaded' },
} as const;

/** Why a filter refuses a request. */
const FILTER_PROBLEMS = {
  unauthenticated: { status: 401, title: 'Authentication required' },
  forbidden: { status: 403, title: 'Forbidden' },
  maintenance: { status: 503, title: 'Under maintenance' },
  'login-limited': { status: 429, title: 'Too many failed logins' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'concurrency-limited': { status: 429, title: 'Too many requests at a time' },
  'rate-limit-unavailable': { status: 503, title: 'Rate limit unavailable' },
  'authentication-unavailable': { status: 503, title: 'Authentication unavailable' },
} as const;

/** Every problem that a client of the gateway can get. Each code stands in docs/reference/errors.md. */
export const PROBLEMS: typeof PROXY_PROBLEMS & typeof ROUTING_PROBLEMS & typeof FILTER_PROBLEMS = {
  ...PROXY_PROBLEMS,
  ...ROUTING_PROBLEMS,
  ...FILTER_PROBLEMS,
};

/** The codes of problems that clients of the gateway can receive. */
export type ProblemCode = keyof typeof PROBLEMS;

export function unknownHost(host: string): Problem {
  return problem('unknown-host', `This gateway does not serve the host ${JSON.stringify(host)}.`);
}

export function unknownRoute(): Problem {
  return problem('unknown-route', 'No service has registered a prefix of this path.');
}

export function starting(): Problem {
  return problem('starting', 'This gateway has not received its routes yet. Try again soon.');
}

export function noInstance(prefix: string): Problem {
  return problem('no-instance', `No instance of ${prefix || '/'} is healthy. Try again soon.`);
}

export function overloaded(prefix: string, maxInFlight: number): Problem {
  const limit = `${maxInFlight} ${maxInFlight === 1 ? 'request' : 'requests'} in flight`;
  return problem('overloaded', `All instances of ${prefix || '/'} are at their limit of ${limit}.`);
}

/** @param detail what was wrong with this request, or what limit it met */
export function filterProblem(code: keyof typeof FILTER_PROBLEMS, detail: string): Problem {
  return problem(code, detail);
}

function problem(code: ProblemCode, detail: string): Problem {
  return { code, ...PROBLEMS[code], detail };
}
