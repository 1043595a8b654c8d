/** Why the proxy itself answers a request. Codes are stable; titles are for people. */
export const PROXY_PROBLEMS = {
  'bad-target': { status: 400, title: 'Invalid request target' },
  'path-escapes-route': { status: 400, title: 'Path escapes its route' },
  'bad-request': { status: 400, title: 'Invalid request' },
  'request-timeout': { status: 408, title: 'Request timed out' },
  'body-too-large': { status: 413, title: 'Request body too large' },
  'target-too-long': { status: 414, title: 'Request target too long' },
  'expectation-failed': { status: 417, title: 'Unsupported Expect header' },
  'head-too-large': { status: 431, title: 'Request head too large' },
  'internal-error': { status: 500, title: 'Internal error' },
  'filter-failed': { status: 500, title: 'Filter failed' },
  'not-implemented': { status: 501, title: 'Not implemented' },
  'no-upstream': { status: 503, title: 'No upstream available' },
  'upstream-failed': { status: 502, title: 'Upstream failed' },
  'upstream-timeout': { status: 504, title: 'Upstream timed out' },
  'deadline-exceeded': { status: 504, title: 'Deadline exceeded' },
  loop: { status: 508, title: 'Loop detected' },
} as const;

/** The codes of {@link PROXY_PROBLEMS}. */
export type ProxyProblemCode = keyof typeof PROXY_PROBLEMS;

/** A response that the proxy sends itself, as `application/problem+json` (RFC 9457). */
export interface Problem {
  /** Identifies the kind of problem to programs. */
  readonly code: string;
  /** Of the response. */
  readonly status: number;
  /** The same for every problem of this code. */
  readonly title: string;
  /** What was wrong with this request. */
  readonly detail: string;
}

/** Returns one of the proxy's own problems. @param detail what was wrong with this request */
export function proxyProblem(code: ProxyProblemCode, detail: string): Problem {
  return { code, ...PROXY_PROBLEMS[code], detail };
}

export function bodyTooLarge(maxBytes: number): Problem {
  return proxyProblem('body-too-large', `The body is larger than ${maxBytes} bytes.`);
}

/** @param isLine whether the first line alone is larger */
export function headTooLarge(isLine: boolean, maxBytes: number): Problem {
  const code = isLine ? 'target-too-long' : 'head-too-large';
  return proxyProblem(
    code,
    `The request ${isLine ? 'line' : 'head'} is larger than ${maxBytes} bytes.`,
  );
}

export function bodyTimedOut(maxMs: number): Problem {
  return proxyProblem('request-timeout', `No more of the body arrived for ${maxMs} ms.`);
}

export function requestTimedOut(maxMs: number): Problem {
  return proxyProblem(
    'upstream-timeout',
    `No response began within the ${maxMs} ms that a request may take.`,
  );
}

/** @param ms how long the client has said that it waits */
export function deadlineExceeded(ms: number): Problem {
  return proxyProblem('deadline-exceeded', `The client waits ${ms} ms for its response.`);
}

export const NOT_HTTP: Problem = proxyProblem('bad-request', 'The request is not valid HTTP/1.1.');

export function malformedBody(fault: string): Problem {
  return proxyProblem('bad-request', `The body is malformed: ${fault}.`);
}

export function headTimedOut(maxMs: number): Problem {
  return proxyProblem('request-timeout', `The request head was not complete within ${maxMs} ms.`);
}

export const FILTER_FAILED: Problem = proxyProblem(
  'filter-failed',
  'A filter of this route failed.',
);

export const INTERNAL_ERROR: Problem = proxyProblem(
  'internal-error',
  'The proxy failed to handle the request.',
);

export const NO_UPSTREAM: Problem = proxyProblem('no-upstream', 'This route names no upstream.');
