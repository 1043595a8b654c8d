import { STATUS_CODES } from 'node:http';

/** Why the gateway itself answers, and not an instance. Each code stands in docs/errors.md. */
export const PROBLEMS = {
  'unknown-route': { status: 404, title: 'No service has this path' },
  'unknown-host': { status: 404, title: 'This gateway does not answer for that host' },
  'bad-target': { status: 400, title: 'The request target is not a path' },
  'bad-request': { status: 400, title: 'The request cannot be forwarded as it is' },
  'no-instance': { status: 503, title: 'The service has no live instance' },
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

const RETRY_AFTER_SECONDS = '1';

export interface ProblemResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function problemResponse({ code, detail }: Problem): ProblemResponse {
  const { status, title } = PROBLEMS[code];
  // RFC 9457 §4.1: without a type of its own, a problem is told apart by its status; the code is our extension member.
  const body = JSON.stringify({ title, status, detail, code });
  return {
    status,
    reason: STATUS_CODES[status] ?? '',
    headers: {
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      ...(status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
    },
    body,
  };
}
