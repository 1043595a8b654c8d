import { isLoopback } from '@rollcall/protocol';
import type { Values } from '@rollcall/runtime/settings';
import type { AUTH_SETTINGS } from './auth.ts';
import { pairFaults } from './tls-faults.ts';
import type { TlsFault } from './tls-faults.ts';

/** Returns what only the settings of the auth server together show, such as plain HTTP off loopback. */
export function authFaults({ auth }: Values<typeof AUTH_SETTINGS>): TlsFault[] {
  if (auth === undefined) return [];
  const { host = '127.0.0.1', cert, key, isBehindTls = false } = auth;
  const faults = pairFaults(
    { path: ['auth', 'cert'], value: cert },
    { path: ['auth', 'key'], value: key },
  );
  const isPlain = cert === undefined && !isBehindTls;
  if (faults.length > 0 || !isPlain || isLoopback(host)) return faults;
  return [
    {
      path: ['auth', 'cert'],
      problem: 'is missing off loopback: services reach the auth server by HTTPS only',
    },
  ];
}
