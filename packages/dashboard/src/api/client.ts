import { readJson } from './read-json.ts';

/** The gateway responded with an error. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const KEY = 'rollcall-admin-token';

/** The admin token, kept until the tab is closed. */
export const token = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  forget: (): void => sessionStorage.removeItem(KEY),
};

/**
 * Takes the token from a link such as the one that `rollcall up` prints, and removes it from the address bar. Browsers
 * do not send what follows `#`.
 */
export function takeTokenFromLink(): void {
  const [, given] = /^#token=([\x21-\x7e]+)$/.exec(location.hash) ?? [];
  if (given === undefined) return;
  token.set(decodeURIComponent(given));
  history.replaceState(null, '', location.pathname);
}

/**
 * Sends a request to the gateway that served this page.
 * @throws RequestError if it responds with an error, TypeError if it is unreachable
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const bearer = token.get();
  const headers = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
  const response = await fetch(path, { ...init, headers, cache: 'no-store' });
  if (response.ok) return response;
  throw new RequestError(response.status, await errorMessage(response));
}

export async function requestJson<T>(path: string, init?: RequestInit): Promise<T> {
  return readJson(await (await request(path, init)).text()) as T;
}

async function errorMessage(response: Response): Promise<string> {
  try {
    const { title, detail } = (await response.json()) as { title: string; detail: string };
    return `${title}. ${detail}`;
  } catch {
    return `HTTP ${response.status}`;
  }
}
