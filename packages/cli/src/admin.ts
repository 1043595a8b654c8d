import type { Explanation } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/client';
import type { Environment } from '@rollcall/client';

const DEFAULT_ADMIN = 'http://127.0.0.1:1501';
const WITHIN_MS = 5000;

/** Where the gateway's admin API is asked, and whether somebody said so. */
export function adminUrl(
  given: string | undefined,
  env: Environment,
): { url: string; isNamed: boolean } {
  const named = given ?? (env['ROLLCALL_ADMIN'] || undefined);
  return { url: named ?? DEFAULT_ADMIN, isNamed: named !== undefined };
}

/**
 * What a gateway says of a path.
 * @throws RollcallError ROLLCALL_GATEWAY_UNREACHABLE
 */
export async function askAdmin(admin: string, path: string): Promise<Explanation> {
  try {
    const url = new URL(`/explain?path=${encodeURIComponent(path)}`, admin);
    const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
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
