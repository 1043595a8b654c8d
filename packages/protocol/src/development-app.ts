/**
 * The app that every part uses if no credentials are set. It is public knowledge, so the broker serves it on
 * loopback only.
 */
export const DEVELOPMENT_APP = {
  appId: '1',
  key: 'rollcall-development-key',
  secret: 'rollcall-development-secret',
} as const;
