import { Option } from 'commander';
import { RollcallError } from '@rollcall/client';
import type { Environment } from '@rollcall/client';

const DEFAULT_ADMIN = 'http://127.0.0.1:1501';
const WITHIN_MS = 5000;

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
  /** Somebody said where it is. */
  readonly isNamed: boolean;
}

export function adminAccess(given: string | undefined, env: Environment): AdminAccess {
  const named = given ?? (env['ROLLCALL_ADMIN'] || undefined);
  const token = env['ROLLCALL_ADMIN_TOKEN'] ?? '';
  return { url: named ?? DEFAULT_ADMIN, token, isNamed: named !== undefined };
}

/**
 * What a gateway's admin API answers with, at a path such as /api/status. docs/reference/openapi.yaml has its types.
 * @throws RollcallError ROLLCALL_GATEWAY_UNREACHABLE, or ROLLCALL_CONFIG if it wants another token
 */
export async function askAdmin<T>({ url: admin, token }: AdminAccess, path: string): Promise<T> {
  const answer = await answerOf(admin, path, token);
  if (answer?.status === 200) return answer.body as T;
  if (answer?.status === 401 || answer?.status === 403) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the gateway's admin API at ${admin} wants its token (HTTP ${answer.status}): set ROLLCALL_ADMIN_TOKEN as it has it`,
    );
  }
  throw new RollcallError(
    'ROLLCALL_GATEWAY_UNREACHABLE',
    `no answer from a gateway's admin API at ${admin}: start one with "rollcall gateway", or name its admin API with --admin`,
  );
}

/** Nothing if what is there, if anything, is no such API. */
async function answerOf(
  admin: string,
  path: string,
  token: string,
): Promise<{ status: number; body: unknown } | undefined> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  try {
    const signal = AbortSignal.timeout(WITHIN_MS);
    const response = await fetch(new URL(path, admin), { headers, signal });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}
