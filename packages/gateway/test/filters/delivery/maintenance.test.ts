import { describe, expect, it } from 'vitest';
import { MAINTENANCE } from '../../../src/filters/delivery/maintenance.ts';
import { filterContext, filterOf, filterRequest, settingsOf } from '../filter-request.ts';

const given = { enabled: true, detail: 'Back at noon.', retryAfterSeconds: 60 };

describe('maintenance', () => {
  it('is off unless it is turned on', () => {
    expect(MAINTENANCE.create(settingsOf(MAINTENANCE, {}), filterContext())).toBeUndefined();
  });

  it('answers programs with a problem, and when to try again', () => {
    expect(filterOf(MAINTENANCE, given).onRequest?.(filterRequest())).toMatchObject({
      problem: { code: 'maintenance', status: 503, detail: 'Back at noon.' },
      fields: [
        ['retry-after', '60'],
        ['vary', 'Accept'],
      ],
    });
  });

  it('answers browsers with a page', () => {
    const request = filterRequest({ headers: { accept: 'text/html' } });
    const answer = filterOf(MAINTENANCE, given).onRequest?.(request);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer).toHaveProperty('fields', expect.arrayContaining([['retry-after', '60']]));
    const body = expect.toSatisfy((page: Buffer) => page.includes('<p>Back at noon.</p>'));
    expect(answer).toHaveProperty('body', body);
  });

  it('refuses a page that cannot be read', () => {
    const settings = settingsOf(MAINTENANCE, { enabled: true, file: '/nowhere/page.html' });
    const faults = MAINTENANCE.faults?.(settings, {
      isConsumer: () => false,
      hasRedis: false,
      hasClientCa: false,
    });
    expect(faults).toMatchObject([{ key: 'file' }]);
  });
});
