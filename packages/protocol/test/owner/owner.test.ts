import { describe, expect, it } from 'vitest';
import { Observer, Owner } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';

const OWNED: Owned = { prefix: '/v1', port: 1, address: '10.0.0.1', id: 'a', inc: 5, seq: 2 };

/** What stands in a digest for an instance that is another. */
const STRANGER = 'x'.repeat(7);

/** What somebody says of the instance `a`. */
const statement = (fields: Partial<Owned>, left = false) => ({
  announcement: { ...OWNED, ...fields },
  left,
});

/** The digest of an observer that has heard these. */
function digestOf(...announcements: readonly Owned[]): string {
  const observer = new Observer({ probes: 'never', answers: false, nonce: () => 'n' });
  for (const each of announcements) observer.at(0).receive('register', each, 0);
  return (observer.at(0).askOwners(0).data as { digest: string }).digest;
}

describe('an owner', () => {
  it('numbers each change, and keeps what it does not change', () => {
    const owner = new Owner({ ...OWNED, weight: 3, zone: 'a' });
    expect(owner.update({ weight: 5 })).toEqual({ ...OWNED, zone: 'a', weight: 5, seq: 3 });
    expect(owner.update({ draining: true })).toMatchObject({ weight: 5, draining: true, seq: 4 });
    expect(owner.announcement).toMatchObject({ weight: 5, draining: true, seq: 4 });
  });

  describe('that receives a roll call', () => {
    it('is silent if the digest has its latest announcement, and answers if it has an earlier one', () => {
      const owner = new Owner(OWNED);
      expect(owner.answerAfter({ digest: digestOf(OWNED), size: 1 }, 0.5)).toBeUndefined();
      expect(owner.answerAfter({ digest: digestOf(), size: 0 }, 0.5)).toBe(0);
      const earlier = digestOf({ ...OWNED, seq: 1 });
      expect(owner.answerAfter({ digest: earlier, size: 1 }, 0.5)).toBeDefined();
      const other = digestOf({ ...OWNED, id: 'b' });
      expect(owner.answerAfter({ digest: other, size: 1 }, 0.5)).toBeDefined();
      owner.update({ weight: 2 });
      expect(owner.answerAfter({ digest: digestOf(OWNED), size: 1 }, 0.5)).toBeDefined();
    });

    it('is silent if the digest is incomplete and its presence channel shows its announcement', () => {
      const owner = new Owner(OWNED);
      const rollCall = { digest: STRANGER.repeat(1200), size: 10_000 };
      expect(owner.answerAfter(rollCall, 0)).toBe(0);
      const shown = owner.announcement;
      expect(owner.answerAfter(rollCall, 0, shown)).toBeUndefined();
      owner.update({ weight: 2 });
      expect(owner.answerAfter(rollCall, 0, shown)).toBe(0);
    });

    it('answers if the digest says that it has left', () => {
      const observer = new Observer({ probes: 'never', answers: false, nonce: () => 'n' });
      observer.at(0).receive('exit', OWNED, 0);
      const { data } = observer.at(0).askOwners(0);
      expect(new Owner(OWNED).answerAfter(data as { digest: string; size: number }, 1)).toBe(2);
    });

    it.each([
      [0, 1, 0],
      [1, 1, 2],
      [1000, 1, 2000],
      [1000, 0.25, 500],
      [5000, 1, 10_000],
      [1e9, 1, 10_000],
      [1e300, 0.5, 5000],
    ])('of %d instances, with chance %d, waits %d ms', (size, random, wait) => {
      expect(new Owner(OWNED).answerAfter({ digest: '', size }, random)).toBe(wait);
    });
  });

  describe('that receives a statement about itself', () => {
    it.each([
      ['its own words', statement({})],
      ['a later version of its run', statement({ seq: 9 })],
      ['an earlier run', statement({ inc: 4 })],
      ['an earlier run that left', statement({ inc: 4 }, true)],
      ['another instance', statement({ id: 'b', inc: 9 })],
    ])('ignores %s', (_what, told) => {
      const owner = new Owner(OWNED);
      expect(owner.received(told, 100)).toBeUndefined();
      expect(owner.outbid(100)).toBeUndefined();
      expect(owner.announcement).toEqual(OWNED);
    });

    it.each([
      ['a later run', statement({ inc: 7, port: 99, prefix: '/x' }), 8],
      ['a later run that left', statement({ inc: 7 }, true), 8],
      ['its own run as one that left', statement({}, true), 6],
    ])('outbids %s at once', (_what, told, inc) => {
      const owner = new Owner(OWNED);
      expect(owner.received(told, 100)).toBe(100);
      expect(owner.outbid(100)).toEqual({ ...OWNED, inc, seq: 0 });
      expect(owner.announcement).toEqual({ ...OWNED, inc, seq: 0 });
    });

    it('outbids once, however often it receives the statement', () => {
      const owner = new Owner(OWNED);
      for (const inc of [6, 8, 7]) expect(owner.received(statement({ inc }), 100)).toBe(100);
      expect(owner.outbid(100)?.inc).toBe(9);
      expect(owner.outbid(100)).toBeUndefined();
      expect(owner.received(statement({ inc: 8 }, true), 100)).toBeUndefined();
    });

    it('waits twice as long each time, from a second to a minute', () => {
      const owner = new Owner(OWNED);
      const waits: number[] = [];
      let now = 0;
      for (let inc = 10; inc < 20; inc++) {
        const at = owner.received(statement({ inc: inc * 10 }), now) ?? NaN;
        waits.push(at - now);
        owner.outbid(at);
        now = at;
      }
      expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    });

    it('does not wait for time that has already passed', () => {
      const owner = new Owner(OWNED);
      owner.received(statement({ inc: 6 }), 0);
      owner.outbid(0);
      expect(owner.received(statement({ inc: 9 }), 400)).toBe(1000);
      expect(owner.received(statement({ inc: 9 }), 5000)).toBe(5000);
    });
  });
});
