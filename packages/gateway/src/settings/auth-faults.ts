import { isLoopback } from '@rollcall/protocol';
import type { Values } from '@rollcall/runtime/settings';
import type { AUTH_SETTINGS } from './auth.ts';

interface AuthFault {
  readonly path: readonly string[];
  readonly problem: string;
}

/** Returns what only the settings of the auth server together show, such as plain HTTP off loopback. */
export function authFaults({ auth }: Values<typeof AUTH_SETTINGS>): AuthFault[] {
  if (auth === undefined) return [];
  const { host, cert, key, isBehindTls } = auth;
  if (cert !== undefined && key === undefined)
    return fault('key', 'is missing: `auth.cert` goes with it');
  if (key !== undefined && cert === undefined)
    return fault('cert', 'is missing: `auth.key` goes with it');
  const isPlain = cert === undefined && isBehindTls !== true;
  return isPlain && host !== undefined && !isLoopback(host)
    ? fault('cert', 'is missing off loopback: services reach the auth server by HTTPS only')
    : [];
}

function fault(name: string, problem: string): AuthFault[] {
  return [{ path: ['auth', name], problem }];
}
