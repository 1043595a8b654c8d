import { describe, expect, it } from 'vitest';
import { Journal, Observer } from '@rollcall/protocol';

const place = (inc: number) => ({ prefix: '/v1', address: '10.0.0.1', port: 1, id: 'a', inc });

function setup() {
  const journal = new Journal();
  const observer = new Observer({ probes: 'always', answers: true, nonce: () => 'n', journal });
  return {
    journal,
    observer,
    register: (inc: number, now: number) => observer.at(0).receive('register', place(inc), now),
    probed: (verdict: 'ok' | 'failed', now: number) =>
      observer.learn({ type: 'probed', key: 'a', verdict, by: 'probe' }, now),
  };
}

describe('the evidence for an instance', () => {
  it('holds the latest presence and probe, and how often the probe repeated', () => {
    const { journal, register, probed } = setup();
    register(1, 1);
    for (const now of [2, 3]) probed('ok', now);
    for (const now of [4, 5, 6]) probed('failed', now);
    register(1, 7);
    expect(journal.evidenceOf('a')).toEqual({
      inc: 1,
      announcedAt: 7,
      probe: { verdict: 'failed', by: 'probe', at: 6, times: 3 },
    });
  });

  it('starts again with a later run, and ignores earlier runs', () => {
    const { journal, observer, register, probed } = setup();
    register(1, 1);
    probed('ok', 2);
    register(2, 3);
    observer.at(0).departed('a', 1, 4);
    register(1, 5);
    expect(journal.evidenceOf('a')).toEqual({ inc: 2, announcedAt: 3 });
    observer.at(0).departed('a', 2, 6);
    expect(journal.evidenceOf('a')).toMatchObject({ presence: { isPresent: false, at: 6 } });
  });

  it('distinguishes announcements from relayed ones', () => {
    const { journal, observer } = setup();
    observer.restore([{ announcement: place(1), left: false }], 9);
    expect(journal.evidenceOf('a')).toEqual({ inc: 1, relayedAt: 9 });
  });

  it('is undefined for an unknown instance', () => {
    expect(setup().journal.evidenceOf('a')).toBeUndefined();
  });
});
