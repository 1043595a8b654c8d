import { httpRequest, httpTarget } from '@rollcall/runtime';

const TIMEOUT_MS = 10_000;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

/**
 * Sends one request, and resolves to the status of its response.
 * @throws Error that says why there is no response
 */
export async function post({ url, headers, body, signal }: Post): Promise<number> {
  const target = httpTarget(url);
  const outcome = await httpRequest({
    ...target,
    method: 'POST',
    headers: { ...target.headers, ...headers },
    body,
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  if ('status' in outcome) return outcome.status;
  throw new Error(
    outcome.code === 'ETIMEDOUT' ? `no response within ${TIMEOUT_MS / 1000} s` : outcome.code,
  );
}
