import { describe, expect, it } from 'vitest';
import { announcement, OWNED, setup } from './setup.ts';

/** A table of an observer that is connected to so many brokers, with an instance that is healthy there. */
function at(brokers: number) {
  const made = setup();
  const { types } = made;
  const link = (broker: number, isUp: boolean) => types({ type: 'link', isUp, broker });
  const joined = (broker: number, fields: object = {}) =>
    types({ type: 'joined', announcement: announcement({ ...OWNED, ...fields }), broker });
  const departed = (broker: number, inc = 1) => types({ type: 'departed', id: 'a', inc, broker });
  const unseen = (broker: number) => types({ type: 'unseen', id: 'a', broker });
  for (let broker = 0; broker < brokers; broker++) link(broker, true);
  return { ...made, link, joined, departed, unseen };
}

describe('an instance at several brokers', () => {
  it('is not doubted because one of them no longer shows it', () => {
    const { joined, departed } = at(2);
    joined(0);
    joined(1);
    expect(departed(0)).toEqual([]);
    expect(departed(1)).toEqual(['suspected']);
    expect(joined(0)).toEqual(['recovered']);
  });

  it('is not doubted because its owner has reached one of them before another', () => {
    const { heard, joined, departed } = at(2);
    heard(OWNED);
    expect(departed(1)).toEqual([]);
    joined(0);
    expect(departed(1)).toEqual([]);
    expect(departed(0)).toEqual(['suspected']);
  });

  it('is not doubted because the only broker that shows it is lost', () => {
    const { link, joined, departed, status } = at(2);
    joined(0);
    departed(1);
    expect(link(0, false)).toEqual([]);
    expect(status('a')).toBe('healthy');
  });

  it('is gone once the last broker that showed it is lost, if another has seen it leave', () => {
    const { link, joined, departed } = at(2);
    joined(0);
    joined(1);
    departed(0);
    expect(link(1, false)).toEqual(['suspected']);
  });

  it('is gone once the others have seen it leave, though one refuses to show its presence channel', () => {
    const { unseen, joined, departed } = at(3);
    joined(0);
    joined(1);
    expect(unseen(2)).toEqual([]);
    expect(departed(0)).toEqual([]);
    expect(departed(1)).toEqual(['suspected']);
  });

  it('is gone once the last of them refuses to show it, if another has seen it leave', () => {
    const { unseen, joined, departed } = at(2);
    joined(0);
    departed(0);
    expect(unseen(1)).toEqual(['suspected']);
  });

  it('is not doubted because none of them shows its presence channel', () => {
    const { unseen, heard, joined } = at(2);
    heard(OWNED);
    expect([...unseen(0), ...unseen(1)]).toEqual([]);
    joined(0);
    expect(unseen(0)).toEqual([]);
  });

  it('is not looked for at a broker that is lost', () => {
    const { link, joined, departed } = at(2);
    joined(0);
    joined(1);
    link(1, false);
    expect(departed(0)).toEqual(['suspected']);
  });

  it('is judged anew at a broker that has come back empty', () => {
    const { link, joined, departed } = at(2);
    joined(0);
    joined(1);
    link(1, false);
    link(1, true);
    expect(departed(1)).toEqual([]);
    expect(departed(0)).toEqual(['suspected']);
  });

  it('is judged by what they show of its latest run', () => {
    const { joined, departed } = at(2);
    joined(0);
    joined(1);
    joined(0, { inc: 2 });
    expect(departed(1, 1)).toEqual([]);
    expect(departed(1, 2)).toEqual([]);
    expect(departed(0, 2)).toEqual(['suspected']);
  });

  it('is to be looked for where nothing is known of it', () => {
    const { table, heard, joined } = at(2);
    heard(OWNED);
    joined(0);
    expect(table.lacksPresence('a', 0)).toBe(false);
    expect(table.lacksPresence('a', 1)).toBe(true);
  });
});

describe('the link of an observer to several brokers', () => {
  it('is up while one of them is connected, so that a probe that fails counts', () => {
    const { heard, link, probed } = at(2);
    heard(OWNED);
    link(0, false);
    probed('failed');
    expect(probed('failed')).toEqual(['down']);
  });

  it('is down when the last one is lost', () => {
    const { heard, link, probed } = at(2);
    heard(OWNED);
    link(0, false);
    link(1, false);
    for (let count = 0; count < 5; count++) expect(probed('failed')).toEqual([]);
  });
});
