import type { Explanation } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/client';
import type { Environment } from '@rollcall/client';

const DEFAULT_ADMIN = 'http://127.0.0.1:1501';
const WITHIN_MS = 5000;

/** Where the gateway's admin API is, and what opens it. */
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
 * What a gateway says of a path.
 * @throws RollcallError ROLLCALL_GATEWAY_UNREACHABLE
 */
export async function askAdmin(
  { url: admin, token }: Omit<AdminAccess, 'isNamed'>,
  path: string,
): Promise<Explanation> {
  try {
    const url = new URL(`/api/explain?path=${encodeURIComponent(path)}`, admin);
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(WITHIN_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as Explanation;
  } catch (cause) {
    throw new RollcallError(
      'ROLLCALL_GATEWAY_UNREACHABLE',
      `no answer from a gateway's admin API at ${admin}: start one with "rollcall gateway", or name its admin API with --admin`,
      { cause },
    );
  }
}
