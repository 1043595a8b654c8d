import { describe, expect, it } from 'vitest';
import type { BodyTransform } from '@rollcall/proxy';
import { COMPRESS } from '../../../src/filters/delivery/compress.ts';
import {
  filterContext,
  filterOf,
  filterRequest,
  filterResponse,
  settingsOf,
} from '../filter-request.ts';

const filter = filterOf(COMPRESS, { enabled: true, encodings: ['br', 'gzip'] });

interface Exchanged {
  readonly transform: BodyTransform | undefined;
  readonly fields: Record<string, string>;
}

/** What becomes of a response of 5000 bytes of JSON. */
function respond(
  fields: Record<string, string | undefined> = {},
  headers: Record<string, string> = {},
  status = 200,
  method = 'GET',
): Exchanged {
  const all = {
    'content-type': 'application/json',
    'content-length': '5000',
    ...fields,
  };
  const given = Object.entries(all).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  const response = filterResponse(Object.fromEntries(given), status);
  const request = filterRequest({ method, headers: { 'accept-encoding': 'gzip', ...headers } });
  filter.onResponse?.(response, request);
  const hasBody = method !== 'HEAD' && status !== 304;
  const transform = hasBody ? filter.transformResponse?.(response, request) : undefined;
  transform?.destroy();
  return { transform, fields: Object.fromEntries(response.fields) };
}

describe('compression', () => {
  it('is off unless it is turned on', () => {
    expect(COMPRESS.create(settingsOf(COMPRESS, {}), filterContext())).toBeUndefined();
  });

  it('names the encoding, and what the response depends on', () => {
    const { transform, fields } = respond({ vary: 'Origin' });
    expect(transform).toBeDefined();
    expect(fields).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  });

  it('tells caches of both forms of a response', () => {
    const { transform, fields } = respond({}, { 'accept-encoding': 'identity' });
    expect(transform).toBeUndefined();
    expect(fields).toMatchObject({ vary: 'Accept-Encoding' });
    expect(fields).not.toHaveProperty('content-encoding');
  });

  it('weakens a strong ETag, and drops what describes the bytes', () => {
    const { fields } = respond({
      etag: '"a"',
      'accept-ranges': 'bytes',
      'content-digest': 'sha-256=:a:',
    });
    expect(fields).toMatchObject({ etag: 'W/"a"' });
    expect(fields).not.toHaveProperty('accept-ranges');
    expect(fields).not.toHaveProperty('content-digest');
    expect(respond({ etag: 'W/"a"' }).fields).toMatchObject({ etag: 'W/"a"' });
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['is encoded already', { 'content-encoding': 'br' }],
    ['must not be transformed', { 'cache-control': 'public, no-transform' }],
    ['is short', { 'content-length': '1023' }],
    ['is of another type', { 'content-type': 'image/png' }],
    ['is an event stream', { 'content-type': 'text/event-stream', 'content-length': undefined }],
    ['has no type', { 'content-type': undefined }],
    ['is a range', { 'content-range': 'bytes 0-4999/9999' }],
  ])('leaves a response alone that %s', (_why, fields) => {
    const { transform, fields: after } = respond(fields);
    expect(transform).toBeUndefined();
    expect(after['content-encoding']).toBe(fields['content-encoding']);
    expect(after).not.toHaveProperty('vary');
  });

  it('leaves a 206 alone, and what a client does not want transformed', () => {
    expect(respond({}, {}, 206).transform).toBeUndefined();
    expect(respond({}, { 'cache-control': 'no-transform' }).transform).toBeUndefined();
  });

  it('compresses what is marked as identity, and what has no length', () => {
    const { transform, fields } = respond({ 'content-encoding': 'identity' });
    expect(transform).toBeDefined();
    expect(fields).toMatchObject({ 'content-encoding': 'gzip' });
    expect(respond({ 'content-length': undefined }).transform).toBeDefined();
  });

  it('answers HEAD with the head that GET would have', () => {
    const { transform, fields } = respond({ etag: '"a"' }, {}, 200, 'HEAD');
    expect(transform).toBeUndefined();
    expect(fields).toMatchObject({ 'content-encoding': 'gzip', etag: 'W/"a"' });
  });

  it('answers 304 with the ETag of the compressed response', () => {
    const fields = { etag: '"a"', 'content-type': undefined, 'content-length': undefined };
    expect(respond(fields, {}, 304).fields).toEqual({ etag: 'W/"a"', vary: 'Accept-Encoding' });
    const identity = { 'accept-encoding': 'identity' };
    expect(respond(fields, identity, 304).fields).toMatchObject({ etag: '"a"' });
  });

  it('is described by its encodings', () => {
    const given = { enabled: true, encodings: ['br', 'gzip'], minBytes: 256 } as const;
    expect(COMPRESS.describe(settingsOf(COMPRESS, given))).toBe(
      'compresses responses from 256 bytes on as br, gzip',
    );
  });

  it.each(['encodings', 'contentTypes'])('refuses an empty list of %s', (key) => {
    const settings = settingsOf(COMPRESS, { enabled: true, [key]: [] });
    expect(
      COMPRESS.faults?.(settings, { isConsumer: () => false, hasRedis: false, hasClientCa: false }),
    ).toEqual([{ key, problem: 'is empty' }]);
  });
});
