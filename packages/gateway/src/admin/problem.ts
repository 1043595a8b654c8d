import type { Context } from 'hono';
import { problemResponse } from '../problem-response.ts';

/** The errors of the admin API. docs/reference/errors.md lists each code. */
export const ADMIN_PROBLEMS = {
  'bad-query': { status: 400, title: 'Invalid query' },
  'token-needed': { status: 401, title: 'Admin token required' },
  'missing-scope': { status: 403, title: 'The admin token does not have the scope' },
  'no-token-set': { status: 403, title: 'This gateway has no admin token' },
  'unknown-path': { status: 404, title: 'Unknown path of the admin API' },
  'unknown-instance': { status: 404, title: 'Unknown instance' },
  'unknown-service': { status: 404, title: 'Unknown service' },
  'unknown-version': { status: 404, title: 'Unknown version' },
  'unknown-method': { status: 405, title: 'Method not allowed' },
  'not-down': { status: 409, title: 'It is not down' },
  'login-limited': { status: 429, title: 'Too many failed logins' },
  'wrong-host': { status: 421, title: 'Wrong host name for the admin API' },
  'not-ready': { status: 503, title: 'This gateway has no valid table' },
  'too-many-listeners': { status: 503, title: 'Too many listeners of the event stream' },
  internal: { status: 500, title: 'The admin API failed' },
} as const;

/** The code of an error of the admin API. */
export type AdminProblemCode = keyof typeof ADMIN_PROBLEMS;

/** Answers with application/problem+json (RFC 9457). */
export function problem(
  c: Context,
  code: AdminProblemCode,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  return problemResponse(c, { ...ADMIN_PROBLEMS[code], code, detail }, headers);
}
