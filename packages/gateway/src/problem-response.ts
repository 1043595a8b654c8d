import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** An error of an API beside the data plane. */
export interface ApiProblem {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

/** Answers with application/problem+json (RFC 9457). */
export function problemResponse(
  c: Context,
  { title, status, code, detail }: ApiProblem,
  headers: Record<string, string> = {},
): Response {
  return c.body(JSON.stringify({ title, status, code, detail }), status, {
    'content-type': 'application/problem+json',
    ...headers,
  });
}
