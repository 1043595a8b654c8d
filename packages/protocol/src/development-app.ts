/**
 * The app that every part uses if no credentials are set. It is public knowledge, so the broker serves it on
 * loopback only.
 */
export const DEVELOPMENT_APP = {
  appId: '1',
  key: 'rollcall-development-key',
  secret: 'rollcall-development-secret',
} as const;

/** Where the broker listens, and clients connect, if nothing else is set. */
export const EMBEDDED_HOST = '127.0.0.1';
export const EMBEDDED_PORT = 6001;
