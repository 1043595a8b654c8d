import { describe, expect, it } from 'vitest';
import type { ObserverEvent } from '@rollcall/protocol';
import { certificateNews } from '../../src/notify/certificate-news.ts';
import { News } from '../../src/notify/news.ts';
import { instance } from './items.ts';

const DAY = 86_400_000;

/** What is news of some events, as kind and text. */
function newsOf(...events: ObserverEvent[]): string[] {
  const news = new News();
  return events.flatMap((event) => {
    const { item } = news.of(event, 0);
    return item === undefined ? [] : [`${item.kind}: ${item.text}`];
  });
}

const registered = { type: 'registered', instance: instance(), why: '' } as const;
const down = { type: 'down', instance: instance({ status: 'down' }), why: 'it hangs' } as const;

describe('news', () => {
  it('are that an instance is down which was healthy, and that it is again', () => {
    const recovered = {
      type: 'recovered',
      instance: instance(),
      why: 'a probe succeeded',
    } as const;
    expect(newsOf(registered, down, recovered)).toEqual([
      'down: 10.0.0.7:3000 is down: it hangs',
      'recovered: 10.0.0.7:3000 is healthy again: a probe succeeded',
    ]);
  });

  it('are that an instance which was healthy is suspect', () => {
    const hung = instance({ status: 'suspect' });
    const event = { type: 'suspected', instance: hung, why: 'it hangs' } as const;
    expect(newsOf(registered, event)).toEqual(['suspect: 10.0.0.7:3000 is suspect: it hangs']);
    expect(newsOf(event)).toEqual([]);
  });

  it('are not about an instance that never was healthy here, such as one of a snapshot', () => {
    const suspect = { ...registered, instance: instance({ status: 'suspect' }) };
    expect(newsOf(suspect, down)).toEqual([]);
  });

  it('are not about an instance that leaves, or that an operator drains', () => {
    const drained = { ...down, instance: { ...down.instance, isDrained: true } };
    expect(newsOf(registered, drained)).toEqual([]);
    expect(newsOf(registered, { type: 'left', instance: instance(), why: '' })).toEqual([]);
  });

  it('name the service and its version', () => {
    const { announcement } = instance();
    const named = { ...announcement, address: 'fd00::7', name: 'orders', version: '1.4' };
    const ejected = { type: 'ejected', instance: instance({ announcement: named }), why: '503' };
    expect(newsOf(ejected as ObserverEvent)).toEqual([
      'ejected: [fd00::7]:3000 (orders 1.4) is ejected: 503',
    ]);
  });

  it('are doubt about many, a conflict, and what is decided about a version', () => {
    const { announcement } = instance();
    const version = { prefix: '/v1', version: '1.5', why: 'it fails 3 % more' };
    expect(
      newsOf(
        { type: 'mass-suspicion', prefix: '/v1', instances: 5 },
        { type: 'conflict', instance: instance(), announcement: { ...announcement, port: 1 } },
        { type: 'version-held', ...version },
        { type: 'version-grown', ...version },
        { type: 'connected', broker: 'b' },
      ),
    ).toEqual([
      'doubt: 5 instances of /v1 became suspect at once: probably a fault of the link to the broker, so probes decide',
      'conflict: 10.0.0.7:3000 shares its id: 10.0.0.7:1 announces the same id a: give each instance its own',
      'version: version 1.5 of /v1 is held back: it fails 3 % more',
    ]);
  });

  it('have the same subjects and states at every gateway', () => {
    const [one, two] = [new News(), new News()];
    one.of(registered, 0);
    two.of({ ...registered, instance: instance({ since: 7 }) }, 0);
    const { at: _at, ...first } = one.of(down, 1).item ?? {};
    const { at: _later, ...second } = two.of(down, 2).item ?? {};
    expect(first).toEqual(second);
  });
});

describe('a certificate', () => {
  const view = { names: ['a.example.com'], source: 'file', failures: 0 } as const;

  it.each([
    [15 * DAY, []],
    [13.5 * DAY, ['at most 14 days', 'expires in 13 days']],
    [1.5 * DAY, ['at most 3 days', 'expires in 1 day,']],
    [DAY / 2, ['at most 3 days', 'expires in less than a day']],
    [-1, ['at most 0 days', 'has expired']],
  ])('that expires in %d ms is news at each stage', (left, expected) => {
    const [news] = certificateNews([{ ...view, expiresAt: left }], 0);
    if (expected.length === 0) expect(news).toBeUndefined();
    else
      expect([news?.state, news?.text]).toEqual([
        expected[0],
        expect.stringContaining(expected[1] ?? ''),
      ]);
  });

  it('that is ordered is news only if it cannot be renewed', () => {
    const ordered = { ...view, source: 'acme', expiresAt: DAY } as const;
    expect(certificateNews([ordered], 0)).toEqual([]);
    const [news] = certificateNews([{ ...ordered, failures: 2, reason: 'rate limited' }], 0);
    expect(news?.text).toMatch(/it cannot be renewed \(rate limited\)$/);
  });
});
