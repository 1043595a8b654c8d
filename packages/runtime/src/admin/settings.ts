import { SECRET_HASH, TIME_FORMAT } from '../settings/formats.ts';

/** What each admin token has, besides the scopes of its API. */
export const TOKEN_SETTINGS = {
  hash: {
    type: 'text',
    format: SECRET_HASH as typeof SECRET_HASH,
    isSecret: true,
    required: true,
    example: 'sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090',
    doc: 'The token, hashed by `rollcall hash`. `rollcall hash --generate` makes one.',
  },
  expiresAt: {
    type: 'text',
    format: TIME_FORMAT as typeof TIME_FORMAT,
    defaultIs: 'never',
    example: '2027-01-31',
    doc: 'When the token stops being valid: a time, or a date, which is its first moment in UTC.',
  },
} as const;

/** The file of the admin token that has every scope. */
export const TOKEN_FILE_SETTING = {
  type: 'file',
  example: 'admin-token',
  flag: '--admin-token-file <file>',
  reloads: true,
  doc: 'File that holds the admin token. Takes precedence over `adminToken`.',
} as const;
