import { Option } from 'commander';
import { RollcallError } from '@rollcall/protocol';
import type { ErrorCode } from '@rollcall/protocol';
import type { Environment } from '@rollcall/client';
import { readJson } from '@rollcall/protocol/pusher';
import { fromIsoTimes, httpRequest, httpTarget } from '@rollcall/runtime';

const TIMEOUT_MS = 5000;

/** What the admin APIs of the programs differ in, for commands that ask them. */
interface AdminProgram {
  readonly name: 'gateway' | 'broker';
  readonly defaultUrl: string;
  readonly urlVariable: string;
  readonly tokenVariable: string;
  /** What starts it with an admin API. */
  readonly start: string;
  readonly unreachable: ErrorCode;
}

const GATEWAY: AdminProgram = {
  name: 'gateway',
  defaultUrl: 'http://127.0.0.1:1501',
  urlVariable: 'ROLLCALL_ADMIN',
  tokenVariable: 'ROLLCALL_ADMIN_TOKEN',
  start: 'start a gateway with "rollcall gateway"',
  unreachable: 'ROLLCALL_GATEWAY_UNREACHABLE',
};

export const BROKER: AdminProgram = {
  name: 'broker',
  defaultUrl: 'http://127.0.0.1:6002',
  urlVariable: 'ROLLCALL_BROKER_ADMIN',
  tokenVariable: 'ROLLCALL_BROKER_ADMIN_TOKEN',
  start: 'start a broker with "rollcall broker --admin-port 6002"',
  unreachable: 'ROLLCALL_BROKER_UNREACHABLE',
};

/** The option by which commands find the admin API of a program. */
export function adminOption({ name, urlVariable, defaultUrl }: AdminProgram = GATEWAY): Option {
  return new Option(
    '--admin <url>',
    `URL of the ${name}'s admin API (default: ${urlVariable} or ${defaultUrl})`,
  );
}

/** Where the admin API of a program is, and the token that it asks for. */
export interface AdminAccess {
  readonly program: AdminProgram;
  readonly url: string;
  readonly token: string;
  /** Whether `--admin` or its variable is set. */
  readonly isNamed: boolean;
}

/** @throws RollcallError ROLLCALL_CONFIG */
export function adminAccess(
  given: string | undefined,
  env: Environment,
  program: AdminProgram = GATEWAY,
): AdminAccess {
  const { urlVariable, tokenVariable, defaultUrl } = program;
  const named = given ?? (env[urlVariable] || undefined);
  if (named !== undefined && !isHttpUrl(named)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `${given === undefined ? urlVariable : '--admin'} is ${JSON.stringify(named)}; it must be a URL such as ${defaultUrl}`,
    );
  }
  const token = env[tokenVariable] ?? '';
  return { program, url: named ?? defaultUrl, token, isNamed: named !== undefined };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/**
 * Requests a path of an admin API, such as /api/status. Times are milliseconds since 1970.
 * @throws RollcallError ROLLCALL_GATEWAY_UNREACHABLE or ROLLCALL_BROKER_UNREACHABLE, or ROLLCALL_CONFIG if the token is wrong
 */
export async function askAdmin<T>(access: AdminAccess, path: string): Promise<T> {
  return fromIsoTimes(await askAdminJson(access, path)) as T;
}

/** As {@link askAdmin}, with times as they came: ISO 8601. */
export async function askAdminJson(access: AdminAccess, path: string): Promise<unknown> {
  const response = await responseOf(access, path);
  if (response?.status === 200) return response.body;
  throw fault(access, response);
}

/**
 * Has a gateway change something, by a POST to a path such as /api/services/forget?prefix=/v1.
 * @throws RollcallError as {@link askAdmin}, or ROLLCALL_GATEWAY_REFUSED with the gateway's reason
 */
export async function changeAtAdmin<T>(access: AdminAccess, path: string): Promise<T> {
  const response = await responseOf(access, path, 'POST');
  if (response?.status === 200) return fromIsoTimes(response.body) as T;
  if (response?.status === 404 || response?.status === 409) {
    const { title, detail } = response.body as Readonly<Record<'title' | 'detail', string>>;
    throw new RollcallError('ROLLCALL_GATEWAY_REFUSED', `${title}: ${detail}`);
  }
  throw fault(access, response);
}

function fault(
  { program, url: admin, token }: AdminAccess,
  response: AdminResponse | undefined,
): RollcallError {
  const { name, tokenVariable, start, unreachable } = program;
  const { code, detail } = (response?.body ?? {}) as Partial<Record<'code' | 'detail', string>>;
  if (code === 'missing-scope')
    return new RollcallError(
      'ROLLCALL_CONFIG',
      `the ${name}'s admin API at ${admin} does not allow this: ${detail} It is in ${tokenVariable}`,
    );
  if (response?.status === 401 || response?.status === 403) {
    const problem = token === '' ? 'needs its token' : `rejects the token in ${tokenVariable}`;
    return new RollcallError(
      'ROLLCALL_CONFIG',
      `the ${name}'s admin API at ${admin} ${problem} (HTTP ${response.status}): set ${tokenVariable} to that of the ${name}`,
    );
  }
  return new RollcallError(
    unreachable,
    `no ${name}'s admin API answers at ${admin}: ${start}, or give its URL with --admin`,
  );
}

interface AdminResponse {
  readonly status: number;
  readonly body: unknown;
}

/** The response, if it is one of the admin API. */
async function responseOf(
  { url: admin, token }: AdminAccess,
  path: string,
  method = 'GET',
): Promise<AdminResponse | undefined> {
  const target = httpTarget(new URL(path, admin));
  const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...target.headers, ...authorization };
  const outcome = await httpRequest({
    ...target,
    method,
    headers,
    readsBody: true,
    timeoutMs: TIMEOUT_MS,
  });
  if ('code' in outcome) return undefined;
  const body = readJson(outcome.body);
  return body === undefined ? undefined : { status: outcome.status, body };
}
