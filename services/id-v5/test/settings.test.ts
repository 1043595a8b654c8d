import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { announcedAddress, settingsFromEnvironment } from '../src/settings.ts';

describe('settingsFromEnvironment', () => {
  it('has defaults', () => {
    const defaults = { host: '127.0.0.1', port: 3000, serverName: hostname() };
    expect(settingsFromEnvironment({})).toEqual(defaults);
    expect(settingsFromEnvironment({ PORT: '', HOST: '', SERVER_NAME: '' })).toEqual(defaults);
  });

  it('reads the environment', () => {
    expect(settingsFromEnvironment({ PORT: '0', HOST: '::', SERVER_NAME: 'a' })).toEqual({
      host: '::',
      port: 0,
      serverName: 'a',
    });
  });

  it.each([
    { PORT: '70000' },
    { PORT: 'http' },
    { PORT: '-1' },
    { HOST: 'example.com' },
    { SERVER_NAME: '日本' },
    { SERVER_NAME: 'a\nb' },
    { SERVER_NAME: ' a' },
  ])('refuses %j', (env) => {
    expect(() => settingsFromEnvironment(env)).toThrow(
      expect.objectContaining({ code: 'ROLLCALL_CONFIG' }) as Error,
    );
  });
});

describe('announcedAddress', () => {
  it('is the listening address, unless that is a wildcard', () => {
    expect(announcedAddress('127.0.0.1')).toBe('127.0.0.1');
    expect(announcedAddress('0.0.0.0')).toBeUndefined();
    expect(announcedAddress('::')).toBeUndefined();
  });
});
