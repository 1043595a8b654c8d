import { describe, expect, it } from 'vitest';
import { FieldSet } from '../../src/filters/field-set.ts';

const LINES = 'Host: a\r\nX-A: 1\r\nx-a:2 \r\nSet-Cookie: b=c\r\nEmpty:\r\n';

describe('a field set', () => {
  it('reads names without case, and keeps order and case', () => {
    const fields = new FieldSet(LINES);
    expect(fields.get('x-A')).toBe('1, 2');
    expect(fields.getAll('X-A')).toEqual(['1', '2']);
    expect(fields.get('empty')).toBe('');
    expect(fields.get('none')).toBeUndefined();
    expect([fields.has('SET-COOKIE'), fields.has('cookie')]).toEqual([true, false]);
    expect([...fields].map(([name]) => name)).toEqual([
      'Host',
      'X-A',
      'x-a',
      'Set-Cookie',
      'Empty',
    ]);
    expect(fields.isChanged).toBe(false);
  });

  it('sets, appends and deletes', () => {
    const fields = new FieldSet(LINES);
    fields.set('x-a', '3');
    fields.append('Set-Cookie', 'd=e');
    fields.delete('empty');
    expect(fields.isChanged).toBe(true);
    expect(fields.toLines()).toBe('Host: a\r\nSet-Cookie: b=c\r\nx-a: 3\r\nSet-Cookie: d=e\r\n');
  });

  it('knows names with characters that are no letters', () => {
    const fields = new FieldSet('X_A: 1\r\nx^b: 2\r\nX-A: 3\r\n');
    expect([fields.get('x_a'), fields.get('X^B'), fields.get('x~b')]).toEqual([
      '1',
      '2',
      undefined,
    ]);
  });

  it('leaves the lines that no filter touches as they came', () => {
    const fields = new FieldSet('A:1 \r\nb:\t2\r\nA: 3\r\nc: 4\r\n');
    fields.delete('B');
    fields.set('d', '5');
    fields.append('a', '6');
    fields.set('D', '7');
    expect(fields.toLines()).toBe('A:1 \r\nA: 3\r\nc: 4\r\na: 6\r\nD: 7\r\n');
    expect([...fields].map(([name, value]) => name + value)).toEqual([
      'A1',
      'A3',
      'c4',
      'a6',
      'D7',
    ]);
    expect(new Set(fields.decided)).toEqual(new Set(['a', 'b', 'd']));
  });

  it('refuses a value that it has refused, after one that it has taken', () => {
    const fields = new FieldSet('');
    fields.set('x', 'a');
    for (let count = 0; count < 2; count++) expect(() => fields.set('x', ' a')).toThrow(TypeError);
  });

  it('is unchanged by deleting what is not there', () => {
    const fields = new FieldSet(LINES);
    fields.delete('none');
    expect(fields.isChanged).toBe(false);
  });

  it.each([
    ['x a', '1'],
    ['', '1'],
    ['x:', '1'],
    ['x', 'a\r\nb: c'],
    ['x', 'a\nb'],
    ['x', 'a\0'],
    ['x', ' a'],
    ['x', 'a '],
    ['x', '€'],
    ['Content-Length', '1'],
    ['transfer-encoding', 'chunked'],
    ['Connection', 'x'],
  ])('refuses %j: %j', (name, value) => {
    const fields = new FieldSet('');
    expect(() => fields.set(name, value)).toThrow(TypeError);
    expect(() => fields.append(name, value)).toThrow(TypeError);
  });

  it('refuses to delete what frames the body', () => {
    expect(() => new FieldSet('').delete('Content-Length')).toThrow(TypeError);
  });

  it('takes the empty value, tabs and Latin-1', () => {
    const fields = new FieldSet('');
    for (const value of ['', 'a', 'a\tb c', 'é']) fields.append('x', value);
    expect(fields.getAll('x')).toEqual(['', 'a', 'a\tb c', 'é']);
  });
});
