/** The gateway answered, and not with what was asked. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const KEY = 'rollcall-admin-token';

/** Kept until the tab is closed, and read by no other site. */
export const token = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  forget: (): void => sessionStorage.removeItem(KEY),
};

/**
 * Asks the gateway that this page came from.
 * @throws Refused, and TypeError if it is not reached
 */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const held = token.get();
  const headers = held === null ? {} : { authorization: `Bearer ${held}` };
  const response = await fetch(path, { ...init, headers, cache: 'no-store' });
  if (response.ok) return response;
  throw new Refused(response.status, await whyNot(response));
}

export async function askJson<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await ask(path, init)).json()) as T;
}

async function whyNot(response: Response): Promise<string> {
  try {
    const { title, detail } = (await response.json()) as { title: string; detail: string };
    return `${title}. ${detail}`;
  } catch {
    return `HTTP ${response.status}`;
  }
}
