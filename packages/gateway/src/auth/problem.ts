/** The errors of an auth server. docs/reference/errors.md lists each code. */
export const AUTH_PROBLEMS = {
  'bad-request': { status: 400, title: 'Invalid request' },
  'bad-announcement': { status: 400, title: 'Invalid announcement' },
  'proof-needed': { status: 401, title: 'Proof of a service key required' },
  'proof-expired': { status: 401, title: 'The time of the request is too far off' },
  'bad-proof': { status: 401, title: 'The signature of the request is wrong' },
  'unknown-key': { status: 403, title: 'The service key owns no prefix' },
  'not-allowed': { status: 403, title: 'The service key does not allow this' },
  'unknown-path': { status: 404, title: 'Unknown path of the auth server' },
  'unknown-method': { status: 405, title: 'Method not allowed' },
  'too-large': { status: 413, title: 'The body is too large' },
  'too-many-failures': { status: 429, title: 'Too many refused requests' },
  'too-many-requests': { status: 429, title: 'Too many requests with one service key' },
  'broker-refused': { status: 502, title: 'The broker refused' },
  'broker-unreachable': { status: 503, title: 'The broker cannot be reached' },
  internal: { status: 500, title: 'The auth server failed' },
} as const;

/** The code of an error of an auth server. */
export type AuthProblemCode = keyof typeof AUTH_PROBLEMS;

/** Why an auth server does not do what it is asked for. */
export class AuthRefusal extends Error {
  readonly code: AuthProblemCode;
  /** Seconds until the same request may succeed. */
  readonly retryAfterS: number | undefined;

  constructor(code: AuthProblemCode, detail: string, retryAfterS?: number) {
    super(detail);
    this.name = 'AuthRefusal';
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}
