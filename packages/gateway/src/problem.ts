/** Why the gateway itself answers, and not an instance. Each code stands in docs/reference/errors.md. */
export const PROBLEMS = {
  'unknown-route': { status: 404, title: 'No service has this path' },
  'unknown-host': { status: 404, title: 'This gateway does not answer for that host' },
  'bad-target': { status: 400, title: 'The request target is not a path' },
  'bad-request': { status: 400, title: 'The request cannot be forwarded as it is' },
  'request-timeout': { status: 408, title: 'The request did not come in time' },
  'body-too-large': { status: 413, title: 'The body is larger than this gateway takes' },
  'target-too-long': { status: 414, title: 'The request target is too long' },
  'expectation-failed': { status: 417, title: 'The request expects what is not known here' },
  'head-too-large': { status: 431, title: 'The header fields are too many or too long' },
  'not-implemented': { status: 501, title: 'The request needs what is not known here' },
  'no-instance': { status: 503, title: 'The service has no live instance' },
  overloaded: { status: 503, title: 'The service has no room for another request' },
  'upstream-failed': { status: 502, title: 'The instance could not be reached, or broke off' },
  'upstream-timeout': { status: 504, title: 'The instance did not answer in time' },
  loop: { status: 508, title: 'The request came back to this gateway' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** What goes to the client as application/problem+json (RFC 9457). */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
}
