import { expect, it } from 'vitest';
import { readLogSettings } from '../../src/log/log-settings.ts';

it('prefers flags to the environment', () => {
  const env = { ROLLCALL_LOG: 'text', ROLLCALL_LOG_LEVEL: 'warn' };
  expect(readLogSettings({ log: 'json' }, env)).toEqual({ format: 'json', level: 'warn' });
  expect(readLogSettings({ logLevel: 'debug' }, env)).toEqual({ format: 'text', level: 'debug' });
});

it('leaves what is not set to the logger', () => {
  expect(readLogSettings({}, { ROLLCALL_LOG: '' })).toEqual({});
});

it.each([
  [{ log: 'xml' }, {}, '--log is "xml"; it must be one of text, json'],
  [
    {},
    { ROLLCALL_LOG_LEVEL: 'all' },
    'ROLLCALL_LOG_LEVEL is "all"; it must be one of debug, info, warn, error',
  ],
])('refuses a value that does not exist', (flags, env, message) => {
  expect(() => readLogSettings(flags, env)).toThrow(
    expect.objectContaining({ code: 'ROLLCALL_CONFIG', message }),
  );
});
