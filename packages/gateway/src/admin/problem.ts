import type { Context } from 'hono';

/** Why the admin API does not do what it is asked. Each code stands in docs/reference/errors.md. */
export const ADMIN_PROBLEMS = {
  'bad-query': { status: 400, title: 'The query cannot be read' },
  'token-needed': { status: 401, title: 'This needs the admin token' },
  'no-token-set': { status: 403, title: 'This gateway was given no admin token' },
  'unknown-path': { status: 404, title: 'The admin API has no such path' },
  'unknown-instance': { status: 404, title: 'This gateway knows no such instance' },
  'unknown-method': { status: 405, title: 'The path does not take this method' },
  'wrong-host': { status: 421, title: 'The admin API does not answer by that name' },
  'not-ready': { status: 503, title: 'This gateway has no valid table' },
  'too-many-listeners': { status: 503, title: 'Too many listen to the changes' },
  internal: { status: 500, title: 'The admin API failed' },
} as const;

export type AdminProblemCode = keyof typeof ADMIN_PROBLEMS;

/** An answer as application/problem+json (RFC 9457). */
export function problem(
  c: Context,
  code: AdminProblemCode,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  const { status, title } = ADMIN_PROBLEMS[code];
  return c.body(JSON.stringify({ title, status, code, detail }), status, {
    'content-type': 'application/problem+json',
    ...headers,
  });
}
