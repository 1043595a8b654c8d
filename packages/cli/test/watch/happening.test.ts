import { describe, expect, it } from 'vitest';
import type { Announcement, Instance } from '@rollcall/client';
import { asJson, asText, changed } from '../../src/watch/happening.ts';

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
    const happening = { what: 'left', instance: instance(fields), why: 'it has left' };
    expect(asText(happening, AT)).toBe(`13:04:05.006  left             ${text}  (it has left)`);
  });

  it('is loud about the channel itself', () => {
    const happening = { what: 'broker lost', why: 'it is away' };
    expect(asText(happening, AT)).toBe('13:04:05.006  BROKER LOST  it is away');
  });

  it('is an object, without what is not known', () => {
    const happening = { what: 'left', instance: instance({ id: 'a' }), why: 'it has left' };
    const time = new Date(AT).toISOString();
    expect(JSON.parse(asJson(happening, AT))).toEqual({
      ...PLAIN,
      time,
      what: 'left',
      id: 'a',
      why: 'it has left',
    });
    expect(JSON.parse(asJson({ what: 'broker lost', why: 'away' }, AT))).toEqual({
      time,
      what: 'broker lost',
      why: 'away',
    });
  });

  it('says what is announced otherwise', () => {
    const was = { ...PLAIN, id: 'a', inc: 1, seq: 0, weight: 5, meta: { a: '1' }, zone: 'x' };
    const is = instance({ id: 'a', inc: 1, seq: 1, meta: { a: '2' }, zone: 'x', draining: true });
    const { what, why } = changed({ type: 'updated', instance: is, was, why: 'it said so' });
    expect(what).toBe('updated');
    expect(why).toMatch(/^it said so: /);
    expect(new Set(why.slice('it said so: '.length).split(', '))).toEqual(
      new Set(['weight', 'meta', 'draining']),
    );
  });

  it('says nothing more of an instance that announces the same in a new run', () => {
    const [was, is] = [{ ...PLAIN, id: 'a', inc: 1 }, instance({ id: 'a', inc: 2 })];
    const change = { type: 'updated', instance: is, was, why: 'it has restarted' } as const;
    expect(changed(change).why).toBe('it has restarted');
  });
});
