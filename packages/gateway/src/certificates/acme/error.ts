import { isRecord, quote } from '@rollcall/protocol';
import type { HttpResponse } from '@rollcall/runtime';

const PREFIX = 'urn:ietf:params:acme:error:';

/** Why an order failed. */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  /** What the server calls it, such as `rateLimited` (RFC 8555 §6.7); `''` if it is not from the server. */
  readonly code: string;
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, code = '', waitMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = waitMs;
  }

  /** Returns what a response of the server says. */
  static of({ status, headers, body }: HttpResponse): AcmeError {
    const { text, code } = problemOf(parsed(body));
    const message = text === '' ? `the ACME server answers ${status}` : text;
    return new AcmeError(message, code, retryAfterMs(headers['retry-after']));
  }

  /** Returns what the problem of a challenge or an order says. */
  static ofProblem(problem: unknown): AcmeError {
    const { text, code } = problemOf(problem);
    return new AcmeError(text === '' ? 'the server gives no reason' : text, code);
  }
}

/** Reads the field Retry-After: seconds, or a date. */
export function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** What a problem document says, for people, with its parts. */
function problemOf(problem: unknown): { text: string; code: string } {
  if (!isRecord(problem)) return { text: '', code: '' };
  const { type, detail, subproblems } = problem;
  const code = typeof type === 'string' && type.startsWith(PREFIX) ? type.slice(PREFIX.length) : '';
  const parts = Array.isArray(subproblems) ? subproblems.map((each) => problemOf(each).text) : [];
  const own = typeof detail === 'string' ? quote(detail).slice(1, -1) : '';
  return { text: [code, own, ...parts].filter(Boolean).join(': '), code };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
