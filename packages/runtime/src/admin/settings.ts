import { SECRET_HASH, TIME_FORMAT } from '../settings/formats.ts';
import type { Format } from '../settings/setting.ts';

interface TextSetting {
  readonly type: 'text';
  readonly format: Format;
  readonly example: string;
  readonly doc: string;
}

/** The hash of an admin token. */
export const TOKEN_HASH: TextSetting & { readonly isSecret: true; readonly required: true } = {
  type: 'text',
  format: SECRET_HASH,
  isSecret: true,
  required: true,
  example: 'sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090',
  doc: 'The token, hashed by `rollcall hash`. `rollcall hash --generate` makes one.',
};

/** When an admin token ends. */
export const TOKEN_EXPIRY: TextSetting & { readonly defaultIs: string } = {
  type: 'text',
  format: TIME_FORMAT,
  defaultIs: 'never',
  example: '2027-01-31',
  doc: 'When the token stops being valid: a time, or a date, which is its first moment in UTC.',
};

/** The file of the admin token that has every scope. */
export const TOKEN_FILE = {
  type: 'file',
  example: 'admin-token',
  flag: '--admin-token-file <file>',
  reloads: true,
  doc: 'File that holds the admin token. Takes precedence over `adminToken`.',
} as const;
