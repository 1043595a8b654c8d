import { Option } from 'commander';
import { RollcallError } from '@rollcall/protocol';
import type { Environment } from '@rollcall/client';
import { readJson } from '@rollcall/protocol/pusher';
import { fromIsoTimes, httpRequest, httpTarget } from '@rollcall/runtime';

const DEFAULT_ADMIN = 'http://127.0.0.1:1501';
const TIMEOUT_MS = 5000;

/** The option by which commands find the gateway. */
export function adminOption(): Option {
  return new Option(
    '--admin <url>',
    `URL of the gateway's admin API (default: ROLLCALL_ADMIN or ${DEFAULT_ADMIN})`,
  );
}

/** Where the gateway's admin API is, and the token that it asks for. */
export interface AdminAccess {
  readonly url: string;
  readonly token: string;
  /** Whether `--admin` or ROLLCALL_ADMIN is set. */
  readonly isNamed: boolean;
}

/** @throws RollcallError ROLLCALL_CONFIG */
export function adminAccess(given: string | undefined, env: Environment): AdminAccess {
  const named = given ?? (env['ROLLCALL_ADMIN'] || undefined);
  if (named !== undefined && !URL.canParse(named)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `${given === undefined ? 'ROLLCALL_ADMIN' : '--admin'} is ${JSON.stringify(named)}; it must be a URL such as ${DEFAULT_ADMIN}`,
    );
  }
  const token = env['ROLLCALL_ADMIN_TOKEN'] ?? '';
  return { url: named ?? DEFAULT_ADMIN, token, isNamed: named !== undefined };
}

/**
 * Requests a path of a gateway's admin API, such as /api/status. Times are milliseconds since 1970. docs/reference/openapi.yaml has the types.
 * @throws RollcallError ROLLCALL_GATEWAY_UNREACHABLE, or ROLLCALL_CONFIG if the token is wrong
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

function fault({ url: admin }: AdminAccess, response: AdminResponse | undefined): RollcallError {
  if (response?.status === 401 || response?.status === 403) {
    return new RollcallError(
      'ROLLCALL_CONFIG',
      `the gateway's admin API at ${admin} needs its token (HTTP ${response.status}): set ROLLCALL_ADMIN_TOKEN to that of the gateway`,
    );
  }
  return new RollcallError(
    'ROLLCALL_GATEWAY_UNREACHABLE',
    `no gateway's admin API answers at ${admin}: start a gateway with "rollcall gateway", or give its URL with --admin`,
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
