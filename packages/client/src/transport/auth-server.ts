import { isLoopback } from '@rollcall/protocol';
import type { Format } from '@rollcall/runtime/settings';

/** A registry that an owner uses by a service key, through an auth server that has the app's secret. */
export interface AuthServer {
  /** The URL of the auth server, such as `https://auth.example.com`. */
  readonly authUrl: string;
  /** `rsk_…` */
  readonly serviceKey: string;
}

/** Where an auth server is. Without TLS, a program on the way could repeat requests, and read the keys of encrypted channels. */
export const AUTH_URL: Format = {
  expected:
    'the URL of an auth server: https, or http on loopback, such as https://auth.example.com',
  parse(text) {
    if (!URL.canParse(text)) return undefined;
    const { protocol, username, password } = new URL(text);
    const isSafe = protocol === 'https:' || (protocol === 'http:' && isOnLoopback(text));
    // Paths are appended to it, which would be lost after an empty query, too.
    return isSafe && username + password === '' && !/[?#]/.test(text) ? text : undefined;
  },
};

/** Whether only programs on this machine can reach an auth server. */
export function isLocalAuthServer({ authUrl }: AuthServer): boolean {
  return isOnLoopback(authUrl);
}

function isOnLoopback(url: string): boolean {
  return isLoopback(new URL(url).hostname.replace(/[[\]]/g, ''));
}
