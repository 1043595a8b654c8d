/** The errors of a broker's admin API. docs/reference/errors.md lists each code. */
export const BROKER_ADMIN_PROBLEMS = {
  'bad-request': { status: 400, title: 'Invalid request' },
  'token-needed': { status: 401, title: 'Admin token required' },
  'missing-scope': { status: 403, title: 'The admin token does not have the scope' },
  'no-token-set': { status: 403, title: 'This broker has no admin token' },
  'unknown-path': { status: 404, title: 'Unknown path of the admin API' },
  'unknown-app': { status: 404, title: 'Unknown app' },
  'unknown-method': { status: 405, title: 'Method not allowed' },
  'wrong-host': { status: 421, title: 'Wrong host name for the admin API' },
  'too-many-listeners': { status: 503, title: 'Too many listeners of the event stream' },
  unavailable: { status: 503, title: 'The event cannot be published now' },
  internal: { status: 500, title: 'The admin API failed' },
} as const;

/** The code of an error of a broker's admin API. */
export type BrokerAdminProblemCode = keyof typeof BROKER_ADMIN_PROBLEMS;

/** A refused request. The client is sent its code, the title of that and the detail, by RFC 9457. */
export class AdminProblem extends Error {
  readonly code: BrokerAdminProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: BrokerAdminProblemCode,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'AdminProblem';
    this.code = code;
    this.headers = headers;
  }
}
