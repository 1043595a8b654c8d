import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { RollcallError } from '@rollcall/client';

export interface Settings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly serverName: string;
}

/**
 * `PORT` (3000), `HOST` (127.0.0.1: the IP address to listen on) and `SERVER_NAME` (the hostname).
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function settingsFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const port = env['PORT'] || '3000';
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `PORT is ${JSON.stringify(port)}; it must be a whole number from 0 to 65535`,
    );
  }
  const host = env['HOST'] || '127.0.0.1';
  if (isIP(host) === 0) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `HOST is ${JSON.stringify(host)}; it must be an IP address such as 127.0.0.1 or 0.0.0.0`,
    );
  }
  return { host, port: Number(port), serverName: env['SERVER_NAME'] || hostname() };
}

/** The address to announce: the one it listens on, unless that means every address of the machine. */
export function announcedAddress(host: string): string | undefined {
  return host === '0.0.0.0' || host === '::' ? undefined : host;
}
