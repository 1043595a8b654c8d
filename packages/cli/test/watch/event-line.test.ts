import { describe, expect, it } from 'vitest';
import type { Announcement, Instance } from '@rollcall/client';
import { asJson, asSpan, asText } from '../../src/watch/event-line.ts';

const AT = new Date(2026, 0, 2, 13, 4, 5, 6).getTime();
const PLAIN: Announcement = { prefix: '/v1', address: '10.0.0.1', port: 3000 };

function instance(fields: Partial<Announcement> = {}): Instance {
  return { key: 'a', announcement: { ...PLAIN, ...fields }, status: 'healthy', since: 0 };
}

describe('a line of rollcall watch', () => {
  it.each<[Partial<Announcement>, string]>([
    [{ name: 'id-v5', id: 'a' }, '/v1  10.0.0.1:3000  id-v5 a'],
    [{ id: 'a' }, '/v1  10.0.0.1:3000  a'],
    [{}, '/v1  10.0.0.1:3000  -'],
    [{ prefix: '', address: '::1' }, '/  [::1]:3000  -'],
  ])('of %j', (fields, text) => {
    const line = { type: 'left', instance: instance(fields), reason: 'it has left' } as const;
    expect(asText(line, AT)).toBe(`13:04:05.006  left        ${text}  (it has left)`);
  });

  it('shows an event of the link to the broker in capitals', () => {
    const line = { type: 'disconnected', reason: 'it is away' } as const;
    expect(asText(line, AT)).toBe('13:04:05.006  DISCONNECTED  it is away');
  });

  it('has in a terminal the place and the whole reason, without the id, in the colour of its level', () => {
    const line = { type: 'down', instance: instance({ id: 'a' }), reason: 'it is away' } as const;
    const text = '13:04:05  down        /v1  10.0.0.1:3000  it is away';
    expect(asSpan({ ...line, level: 'info' }, AT)).toBe(text);
    expect(asSpan({ ...line, level: 'warn' }, AT)).toEqual({ text, style: 'yellow' });
  });

  it('is a JSON object without the fields that are not announced', () => {
    const line = { type: 'left', instance: instance({ id: 'a' }), reason: 'it has left' } as const;
    const time = new Date(AT).toISOString();
    expect(JSON.parse(asJson(line, AT))).toEqual({
      ...PLAIN,
      time,
      type: 'left',
      id: 'a',
      reason: 'it has left',
    });
    expect(JSON.parse(asJson({ type: 'disconnected', reason: 'away' }, AT))).toEqual({
      time,
      type: 'disconnected',
      reason: 'away',
    });
  });
});
