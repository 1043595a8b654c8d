import { describe, expect, it } from 'vitest';
import { Agenda } from '../../src/table/agenda.ts';

describe('what is due when', () => {
  it('keeps one time for a lease that is renewed again and again', () => {
    const agenda = new Agenda();
    for (let now = 0; now < 10_000; now += 100) agenda.set('a', 'lease', now + 30_000);
    expect(agenda.take(39_850)).toEqual([]);
    expect(agenda.take(39_900)).toEqual(['a']);
    expect(agenda.take(100_000)).toEqual([]);
  });

  it('lets a time come earlier, or never', () => {
    const agenda = new Agenda();
    agenda.set('a', 'probe', 10_000);
    agenda.set('a', 'probe', 100);
    expect(agenda.take(100)).toEqual(['a']);
    agenda.set('a', 'probe', 10_000);
    agenda.set('a', 'probe', Infinity);
    expect(agenda.take(20_000)).toEqual([]);
  });

  it('keeps the times of different kinds apart, and returns a key once', () => {
    const agenda = new Agenda();
    agenda.set('a', 'lease', 100);
    agenda.set('a', 'probe', 200);
    agenda.set('a', 'status', 200);
    agenda.set('of two words', 'exit', 200);
    agenda.delete('a', 'status');
    expect(agenda.take(100)).toEqual(['a']);
    expect(agenda.take(300)).toEqual(['a', 'of two words']);
  });

  it('takes what is due after a long sleep in the order of time', () => {
    const agenda = new Agenda();
    agenda.set('b', 'lease', 2_000_000);
    agenda.set('a', 'lease', 1_000_000);
    agenda.set('c', 'lease', 1e12);
    expect(agenda.take(1e9)).toEqual(['a', 'b']);
  });

  it('takes a time that has passed with the next tick', () => {
    const agenda = new Agenda();
    agenda.take(1000);
    agenda.set('a', 'lease', 500);
    expect(agenda.take(1000)).toEqual([]);
    expect(agenda.take(1050)).toEqual(['a']);
  });
});
