import type { Format } from '@rollcall/runtime/settings';

const EXPECTED = 'a URL such as redis://10.0.0.5:6379, or rediss:// for TLS';

const REDIS_URL: Format = {
  expected: EXPECTED,
  parse: (text) =>
    URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol) ? text : undefined,
  // It may hold a password.
  problem: () => `must be ${EXPECTED}`,
};

/** What gateways share. */
export const REDIS_SETTINGS = {
  redis: {
    type: 'group',
    settings: {
      url: {
        type: 'text',
        format: REDIS_URL as typeof REDIS_URL,
        env: 'ROLLCALL_REDIS_URL',
        isSecret: true,
        example: 'redis://10.0.0.5:6379',
        doc: 'The Redis server, with user and password if it needs them: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss://` for TLS.',
      },
    },
    doc: 'Redis, where several gateways count rate limits together. Version 6 or newer, or Valkey.',
  },
} as const;
