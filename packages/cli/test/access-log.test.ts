import { describe, expect, it } from 'vitest';
import { accessLogSettings } from '../src/access-log.ts';

describe('accessLogSettings', () => {
  it('are none by default, or when it is off', () => {
    expect(accessLogSettings({}, {})).toBeUndefined();
    expect(
      accessLogSettings({ accessLog: 'off' }, { ROLLCALL_ACCESS_LOG: 'stdout' }),
    ).toBeUndefined();
  });

  it('are those of flags, then of the environment', () => {
    const env = {
      ROLLCALL_ACCESS_LOG: 'stderr',
      ROLLCALL_ACCESS_LOG_SAMPLE: '0.25',
      ROLLCALL_ACCESS_LOG_QUERY: '1',
    };
    expect(accessLogSettings({}, env)).toEqual({ to: 'stderr', sample: 0.25, hasQuery: true });
    const flags = { accessLog: 'stdout', accessLogSample: '0' };
    expect(accessLogSettings(flags, env)).toEqual({ to: 'stdout', sample: 0, hasQuery: true });
    expect(accessLogSettings({ ...flags, accessLogQuery: true }, {})?.hasQuery).toBe(true);
    expect(accessLogSettings(flags, {})?.hasQuery).toBe(false);
  });

  it.each(['1.5', '-0', '.5', '1e-3', 'all', '50%', '2', '01'])('are no share of %s', (sample) => {
    const flags = { accessLog: 'stdout', accessLogSample: sample };
    expect(() => accessLogSettings(flags, {})).toThrow(/must be from 0 to 1/);
  });

  it('go nowhere else', () => {
    expect(() => accessLogSettings({ accessLog: '/tmp/x' }, {})).toThrow(/stdout, stderr or off/);
  });
});
