import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { RollcallError } from '@rollcall/client';

export interface Settings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly serverName: string;
}

/** A value of a header field: printable, on one line. */
const HEADER_TEXT = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

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
  const serverName = env['SERVER_NAME'] || hostname();
  if (!HEADER_TEXT.test(serverName)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `SERVER_NAME is ${JSON.stringify(serverName)}; it must be printable ASCII, since it goes into the header X-Server`,
    );
  }
  return { host, port: Number(port), serverName };
}

/** The address to announce: the one it listens on, unless that means every address of the machine. */
export function announcedAddress(host: string): string | undefined {
  return host === '0.0.0.0' || host === '::' ? undefined : host;
}
