import type { ServiceView, StatusView } from '@rollcall/gateway';
import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../src/model/agreement.ts';
import { alarmOf } from '../../src/model/alarm.ts';
import { signsOf } from '../../src/model/evidence.ts';
import { EMPTY } from '../../src/model/model.ts';
import { groupServices, matching } from '../../src/model/services.ts';
import { standingOf } from '../../src/model/standing.ts';
import { turnOf, verdictOf } from '../../src/model/why.ts';
import { instance } from '../instances.ts';

const said = instance().announcement;
const down = instance({ key: 'down', status: 'down', isRoutable: false });
const doubted = instance({ key: 'doubted', status: 'suspect', isRoutable: false });
const drained = instance({ key: 'drained', isDrained: true, isRoutable: false });
const leaving = instance({ announcement: { ...said, draining: true }, isRoutable: false });

describe('the standing of an instance', () => {
  it.each([
    ['Up', 'good', instance()],
    ['Down', 'bad', down],
    ['In doubt', 'doubt', doubted],
    ['Drained', 'held', drained],
    ['Leaving', 'held', leaving],
    // What an operator did is what an operator wants to see.
    ['Drained', 'held', { ...drained, status: 'down' as const }],
  ])('is %s, %s', (word, tone, view) => {
    expect(standingOf(view)).toMatchObject({ word, tone });
  });
});

const none: ServiceView = {
  prefix: '/v1',
  names: [],
  instances: 0,
  healthy: 0,
  suspect: 0,
  down: 0,
  routable: 0,
  isInDoubt: false,
};

describe('a service in one line', () => {
  it.each([
    ['its one instance takes requests', 'good', { instances: 1, healthy: 1, routable: 1 }],
    ['all 2 take requests', 'good', { instances: 2, healthy: 2, routable: 2 }],
    ['1 of 2 takes requests', 'doubt', { instances: 2, healthy: 1, down: 1, routable: 1 }],
    // One is drained, and that is as somebody wants it.
    ['1 of 2 takes requests', 'held', { instances: 2, healthy: 2, routable: 1 }],
    ['none of 2 takes requests: they get 503', 'bad', { instances: 2, down: 2 }],
    ['every instance has gone: requests get 503', 'bad', {}],
    [
      '1 of 2 takes requests, in doubt',
      'doubt',
      { instances: 2, down: 1, routable: 1, isInDoubt: true },
    ],
  ])('%s: %s', (summary, tone, fields) => {
    expect(groupServices([{ ...none, ...fields }], [])).toMatchObject([{ summary, tone }]);
  });

  it('has its instances, and is there while it has none', () => {
    const groups = groupServices([none, { ...none, prefix: '/v9' }], [instance(), down]);
    expect(groups.map(({ prefix, instances }) => [prefix, instances.length])).toEqual([
      ['/v1', 2],
      ['/v9', 0],
    ]);
  });

  it('is found by its address, its name or how it stands', () => {
    const named = instance({ key: 'b', announcement: { ...said, name: 'Orders', port: 77 } });
    const all = [named, down, drained];
    expect(matching(all, ' orders')).toEqual([named]);
    expect(matching(all, ':77')).toEqual([named]);
    expect(matching(all, 'drained')).toEqual([drained]);
    expect(matching(all, '')).toBe(all);
    expect(matching(all, 'nothing')).toEqual([]);
  });
});

const texts = (evidence: object) =>
  signsOf(instance({ evidence }), 10_000).map(({ kind, tone, text }) => [kind, tone, text]);

describe('the evidence for an instance', () => {
  it.each([
    [{ presence: { isPresent: true, at: 1 } }, ['presence', 'good', 'present']],
    [{ presence: { isPresent: false, at: 7000 } }, ['presence', 'bad', 'gone 3 s ago']],
    [{ announcedAt: 1, leaseEnds: 70_000 }, ['lease', 'good', '1 min left']],
    [{ announcedAt: 1, leaseEnds: 9000 }, ['lease', 'doubt', 'lapsed 1 s ago']],
    [{ relayedAt: 8000 }, ['hearsay', 'doubt', 'told by another 2 s ago']],
    [
      { probe: { verdict: 'ok', by: 'probe', at: 9500, times: 4 } },
      ['probe', 'good', 'ok 0.5 s ago'],
    ],
    [
      { probe: { verdict: 'failed', by: 'traffic', at: 8000, times: 2 } },
      ['probe', 'bad', 'failed 2×, 2 s ago by traffic'],
    ],
  ])('%j', (evidence, sign) => {
    expect(texts(evidence)).toEqual([sign]);
  });

  it('is its own word, where there is nothing else', () => {
    expect(texts({ announcedAt: 1 })).toEqual([['hearsay', 'quiet', 'its own word alone']]);
  });
});

const text = (fields: object) =>
  agreementOf({ name: 'g', at: 8000, size: 5, missingHere: 0, ...fields }, 10_000).text;

describe('another gateway', () => {
  it('agreed, or lacked and knew so much', () => {
    expect(text({ missingThere: 0 })).toBe('agreed with this one 2 s ago');
    expect(text({ missingThere: 1 })).toBe('lacked 1 entry, which it was sent, 2 s ago');
    expect(text({ missingThere: 2, missingHere: 3 })).toBe(
      'lacked 2 entries, which it was sent, and had 3 entries more, which this one asked for, 2 s ago',
    );
    expect(text({})).toMatch(/too large to compare/);
  });
});

const status = (sight: 'live' | 'lost' | 'blind') =>
  ({ discovery: { sight, since: 1000 }, gateway: { server: 'broker:1' } }) as StatusView;

const alarm = (fields: object) => alarmOf({ ...EMPTY, link: 'open', ...fields }, 5000);

describe('the alarm', () => {
  it('is none while the gateway is reached and hears', () => {
    expect(alarm({ status: status('live') })).toBeUndefined();
    expect(alarm({ link: 'loading' })).toBeUndefined();
  });

  it('is that the gateway is not reached, before all else', () => {
    const lost = { link: 'lost', lost: { at: 4000, why: 'no answer' } };
    expect(alarm({ ...lost, status: status('blind') })).toMatchObject({
      title: 'The gateway is not reached',
      text: expect.stringMatching(
        /, 1 s \(no answer\)\. Trying again\. .* as it was then/,
      ) as string,
    });
    expect(alarm(lost)?.text).not.toMatch(/below/);
  });

  it('is that it is blind, or has lost the channel, and for how long by its own clock', () => {
    expect(alarm({ status: status('lost'), offset: 2000 })).toMatchObject({
      tone: 'doubt',
      text: expect.stringMatching(/^Nothing was heard of broker:1 for 6 s/) as string,
    });
    expect(alarm({ status: status('blind') })?.tone).toBe('bad');
  });
});

describe('why', () => {
  it.each([
    ['to /v1, 2 of 2 instances in turn', 'good', 'to /v1, 2 of 2 instances in turn', ''],
    ['nowhere (404): no service has it', 'bad', 'nowhere (404)', 'no service has it'],
    [
      'to /v1, 1 of 1 instances in turn: all in doubt',
      'doubt',
      'to /v1, 1 of 1 instances in turn',
      'all in doubt',
    ],
    [
      'to /, 1 of 1 instances in turn; the channel is lost',
      'doubt',
      'to /, 1 of 1 instances in turn',
      'the channel is lost',
    ],
  ])('%s', (verdict, tone, head, rest) => {
    expect(verdictOf(verdict)).toEqual({ tone, head, rest });
  });

  it('says of each instance what keeps it from its turns', () => {
    const told = { ...instance(), history: [] };
    expect(turnOf(told).word).toBe('In turn');
    expect(turnOf({ ...told, status: 'suspect' })).toEqual({ tone: 'doubt', word: 'In turn' });
    expect(turnOf({ ...told, isRoutable: false, isDrained: true }).word).toBe('Drained');
    expect(turnOf({ ...told, isRoutable: false, status: 'down' }).word).toBe('Down');
    expect(turnOf({ ...told, isRoutable: false, status: 'suspect' }).word).toBe('Not picked');
  });
});
