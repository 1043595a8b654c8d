import { httpRequest, httpTarget } from './http-request.ts';

/** For the whole of a request. */
const TIMEOUT_MS = 10_000;

/** Errors before a connection is open. The content of an event cannot cause them. */
const UNREACHABLE =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|EMFILE|ENFILE|ENOBUFS|ENOMEM)$/;

/** A request that reports something to a receiver. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

/** Why a request was not accepted. */
export interface PostFailure {
  readonly reason: string;
  /** Whether the receiver cannot be connected to, so that any other request would fail too. */
  readonly isUnreachable: boolean;
  /** The status of the response, if there was one. */
  readonly status?: number;
  /** Its `Retry-After`, as it came. */
  readonly retryAfter?: string;
}

/**
 * Sends one request. Returns `undefined` if it is accepted, with a 2xx response, whose body is not read. Redirects are not
 * followed. Never rejects.
 */
export async function post({ url, headers, body, signal }: Post): Promise<PostFailure | undefined> {
  const target = httpTarget(url);
  const outcome = await httpRequest({
    ...target,
    method: 'POST',
    headers: { ...target.headers, ...headers },
    body,
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  if ('code' in outcome) {
    const { code } = outcome;
    const reason = code === 'ETIMEDOUT' ? `no response within ${TIMEOUT_MS / 1000} s` : code;
    return { reason, isUnreachable: UNREACHABLE.test(code) };
  }
  const { status, headers: received } = outcome;
  if (status >= 200 && status < 300) return undefined;
  const retryAfter = received['retry-after'];
  return {
    reason: `status ${status}`,
    isUnreachable: false,
    status,
    ...(retryAfter !== undefined && { retryAfter }),
  };
}
