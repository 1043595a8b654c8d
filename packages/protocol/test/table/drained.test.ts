import { describe, expect, it } from 'vitest';
import { OWNED, setup } from './setup.ts';

function drained() {
  const made = setup();
  made.heard(OWNED);
  made.heard({ id: 'b', inc: 1, port: 2 });
  expect(made.types({ type: 'drained', key: 'a' })).toEqual(['updated']);
  return made;
}

describe('an instance that an operator drains', () => {
  it('is sent nothing new until that is undone, and what is asked twice is done once', () => {
    const { types, routable } = drained();
    expect(routable()).toEqual([2]);
    expect(types({ type: 'drained', key: 'a' })).toEqual([]);
    expect(types({ type: 'undrained', key: 'a' })).toEqual(['updated']);
    expect(routable().toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(types({ type: 'undrained', key: 'a' })).toEqual([]);
  });

  it('stays so over what it announces and how it is found', () => {
    const { heard, probed, routable } = drained();
    heard({ ...OWNED, seq: 1, weight: 2 });
    probed('refused');
    probed('ok');
    expect(routable()).toEqual([2]);
  });

  it('is sent requests again when it has started anew', () => {
    const { heard, routable } = drained();
    heard({ ...OWNED, inc: 2 });
    expect(routable().toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it('leaves those in doubt to be used where no other is well', () => {
    const { types, routable } = drained();
    types({ type: 'departed', id: 'b', inc: 1 });
    expect(routable()).toEqual([2]);
  });

  it('has left as any other, and nobody is drained who is not there', () => {
    const { heard, types, table } = drained();
    heard(OWNED, true);
    expect(types({ type: 'undrained', key: 'a' })).toEqual([]);
    expect(table.get('a')).toBeUndefined();
  });

  it('is no secret, but nothing that other observers are told', () => {
    const { table } = drained();
    expect(table.get('a')?.isDrained).toBe(true);
    expect(JSON.stringify(table.export(0))).not.toContain('rain');
  });
});
