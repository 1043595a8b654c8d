import { describe, expect, it } from 'vitest';
import { evidenceItems } from '../../src/model/evidence.ts';
import { instance } from '../instances.ts';

const items = (evidence: object) =>
  evidenceItems(instance({ evidence }), 10_000).map(({ kind, tone, text }) => [kind, tone, text]);

describe('the evidence for an instance', () => {
  it.each([
    [{ presence: { isPresent: true, at: 1 } }, ['presence', 'good', 'present']],
    [
      {
        presence: { isPresent: true, at: 1 },
        brokers: [{ presence: 'present' }, { presence: 'present' }],
      },
      ['presence', 'good', 'present'],
    ],
    [
      {
        presence: { isPresent: true, at: 1 },
        brokers: [{ presence: 'present' }, { presence: 'unknown' }],
      },
      ['presence', 'warning', 'present at 1 of 2 brokers'],
    ],
    [{ presence: { isPresent: false, at: 7000 } }, ['presence', 'bad', 'gone 3 s ago']],
    [{ announcedAt: 1, leaseEnds: 70_000 }, ['lease', 'good', '1 min left']],
    [{ announcedAt: 1, leaseEnds: 9000 }, ['lease', 'warning', 'expired 1 s ago']],
    [{ relayedAt: 8000 }, ['source', 'warning', 'another observer, 2 s ago']],
    [
      { probe: { verdict: 'ok', by: 'probe', at: 9500, times: 4 } },
      ['probe', 'good', 'ok 0.5 s ago'],
    ],
    [
      { probe: { verdict: 'failed', by: 'traffic', at: 8000, times: 2 } },
      ['probe', 'bad', 'failed 2×, 2 s ago, by a request'],
    ],
    [
      {
        probe: {
          verdict: 'timeout',
          by: 'probe',
          at: 8000,
          times: 3,
          cause: 'GET /health was not answered in time',
        },
      },
      ['probe', 'warning', 'GET /health was not answered in time 3×, 2 s ago'],
    ],
    [
      { probe: { verdict: 'unknown', by: 'connect', at: 8000, times: 1 } },
      ['probe', 'neutral', 'unknown 2 s ago'],
    ],
  ])('%j', (evidence, item) => {
    expect(items(evidence)).toEqual([item]);
  });

  it('is its announcement if there is nothing else', () => {
    expect(items({ announcedAt: 1 })).toEqual([['source', 'neutral', 'its announcement']]);
  });
});
