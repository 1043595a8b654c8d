import type { FilterProblem } from '@rollcall/proxy';
import { filterProblem } from '../../problem.ts';

/**
 * The client has not proven who it is.
 * @param challenge for `WWW-Authenticate`: without one, a 401 is not valid (RFC 9110 §15.5.2)
 */
export function unauthenticated(detail: string, challenge: string): FilterProblem {
  const fields = [['www-authenticate', challenge]] as const;
  return { problem: filterProblem('unauthenticated', detail), fields };
}

/** The client may not call this route. No credentials change that. */
export function forbidden(detail: string, fields: FilterProblem['fields'] = []): FilterProblem {
  return { problem: filterProblem('forbidden', detail), fields };
}

/** What decides about the request cannot be reached. */
export function undecidable(detail: string): FilterProblem {
  return { problem: filterProblem('authentication-unavailable', detail) };
}

/** Too many logins from the address of the client have failed, or wait. */
export function loginLimited(retryMs: number): FilterProblem {
  const seconds = Math.max(1, Math.ceil(retryMs / 1000));
  const detail =
    'Too many logins from this address have failed, or wait to be checked. Try again later.';
  return {
    problem: filterProblem('login-limited', detail),
    fields: [['retry-after', String(seconds)]],
  };
}
