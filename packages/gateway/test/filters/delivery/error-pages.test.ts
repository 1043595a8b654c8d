import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ERROR_PAGES } from '../../../src/filters/delivery/error-pages.ts';
import {
  filterContext,
  filterOf,
  filterRequest,
  filterResponse,
  settingsOf,
} from '../filter-request.ts';

const PROBLEM = { title: 'Down', status: 503, detail: 'Try <b>.', code: 'x' };
const JSON_TYPE = { 'content-type': 'application/problem+json' };
const browser = filterRequest({ headers: { accept: 'text/html' } });

const problem = (status = 503) =>
  filterResponse(JSON_TYPE, status, Buffer.from(JSON.stringify(PROBLEM)), PROBLEM);

describe('error pages', () => {
  it('are off unless they are turned on', () => {
    expect(ERROR_PAGES.create(settingsOf(ERROR_PAGES, {}), filterContext())).toBeUndefined();
  });

  it('replace a problem for browsers, and leave the status', () => {
    const response = problem();
    filterOf(ERROR_PAGES, { enabled: true }).onResponse?.(response, browser);
    expect(response.status).toBe(503);
    expect(Object.fromEntries(response.fields)).toEqual({
      'content-type': 'text/html; charset=utf-8',
      vary: 'Accept',
    });
    expect(String(response.body)).toContain('<p>Try &lt;b&gt;.</p>');
  });

  it('leave a problem for programs, and tell caches', () => {
    const response = problem();
    const { body } = response;
    filterOf(ERROR_PAGES, { enabled: true }).onResponse?.(response, filterRequest());
    expect(response.body).toBe(body);
    expect(Object.fromEntries(response.fields)).toEqual({ ...JSON_TYPE, vary: 'Accept' });
  });

  it('are for the statuses that are listed', () => {
    const filter = filterOf(ERROR_PAGES, { enabled: true, statuses: ['404', '5xx'] });
    const replaced = [404, 403, 502].map((status) => {
      const response = problem(status);
      filter.onResponse?.(response, browser);
      return response.fields.get('content-type')?.startsWith('text/html');
    });
    expect(replaced).toEqual([true, false, true]);
  });

  it('leave the answers of other filters', () => {
    const response = filterResponse({ 'content-type': 'text/plain' }, 503, Buffer.from('later'));
    filterOf(ERROR_PAGES, { enabled: true }).onResponse?.(response, browser);
    expect(String(response.body)).toBe('later');
  });

  it.each(['', '{"title":"Unauthorized"}', '\x1f\x8b'])(
    'leave a problem that another program has written, such as %j of forward authentication',
    (written) => {
      const response = filterResponse(JSON_TYPE, 401, Buffer.from(written, 'latin1'));
      filterOf(ERROR_PAGES, { enabled: true }).onResponse?.(response, browser);
      expect(String(response.body)).toBe(String(Buffer.from(written, 'latin1')));
    },
  );

  it('replace errors of instances if asked to', async () => {
    const fields = { 'content-type': 'text/plain', 'content-encoding': 'gzip', etag: '"a"' };
    const response = filterResponse(fields, 500);
    const own = filterOf(ERROR_PAGES, { enabled: true });
    expect(own).not.toHaveProperty('transformResponse');
    const all = filterOf(ERROR_PAGES, { enabled: true, instances: true });
    expect(all.transformResponse?.(filterResponse(fields, 200), browser)).toBeUndefined();
    expect(all.transformResponse?.(filterResponse(fields, 500), filterRequest())).toBeUndefined();
    const transform = all.transformResponse?.(response, browser);
    transform?.end('a stack trace');
    const page = transform && (await text(transform));
    expect(page).toContain('<title>500 Internal Server Error</title>');
    expect(page).not.toContain('a stack trace');
    expect(Object.fromEntries(response.fields)).toEqual({
      'content-type': 'text/html; charset=utf-8',
      vary: 'Accept',
    });
  });
});
