import { describe, expect, it } from 'vitest';
import { parseAnnouncement, Table } from '@rollcall/protocol';
import type { Decision } from '../../src/proxy/engine.ts';
import { decideBy } from '../../src/routing/decide.ts';
import { matchDomain } from '../../src/routing/domain.ts';

function announcement(port: number, prefix = '/v1') {
  const parsed = parseAnnouncement({ prefix, port, address: '127.0.0.1' });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

/** Of the instances that a decision names, one after the other, until there are no more. */
function portsOf(decision: Decision): number[] {
  const ports: number[] = [];
  if (decision.type !== 'forward') return ports;
  for (let each = decision.next(); each !== undefined; each = decision.next())
    ports.push(each.port);
  return ports;
}

function setup() {
  const table = new Table({ probes: 'never' });
  const say = (port: number, { prefix = '/v1', left = false } = {}) =>
    table.apply(
      { type: 'heard', statement: { announcement: announcement(port, prefix), left } },
      0,
    );
  const decide = decideBy(table, matchDomain('localhost'));
  /** The port that is picked, or the problem's code. */
  const pick = (target = '/v1/x') => {
    const decision = decide('localhost', target);
    return decision.type === 'forward' ? decision.next()?.port : decision.problem.code;
  };
  const picks = (count: number) => Array.from({ length: count }, () => pick());
  return { say, decide, pick, picks };
}

describe('decideBy', () => {
  it('lets instances take turns, exactly', () => {
    const { say, picks } = setup();
    for (const port of [1, 2, 3]) say(port);
    expect(picks(7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('gives an instance that registers twice no double share', () => {
    const { say, picks } = setup();
    for (const port of [1, 2, 1, 1]) say(port);
    expect(picks(4)).toEqual([1, 2, 1, 2]);
  });

  it('goes on when the turn was beyond the end of a list that has shrunk', () => {
    const { say, pick, picks } = setup();
    for (const port of [1, 2, 3]) say(port);
    picks(2);
    say(3, { left: true });
    say(2, { left: true });
    expect(pick()).toBe(1);
  });

  it('takes turns per prefix', () => {
    const { say, pick } = setup();
    for (const port of [1, 2]) say(port);
    for (const port of [8, 9]) say(port, { prefix: '/v2' });
    expect([pick('/v1'), pick('/v2'), pick('/v1'), pick('/v2')]).toEqual([1, 8, 2, 9]);
  });

  it('names every instance once, so that another can stand in', () => {
    const { say, decide } = setup();
    for (const port of [1, 2, 3]) say(port);
    decide('localhost', '/v1');
    const decision = decide('localhost', '/v1');
    expect(portsOf(decision)).toEqual([2, 1, 3]);
  });

  it('names no instance that has left since, and those that have come', () => {
    const { say, decide } = setup();
    for (const port of [1, 2]) say(port);
    const decision = decide('localhost', '/v1');
    if (decision.type !== 'forward') throw new Error('not forwarded');
    expect(decision.next()?.port).toBe(1);
    say(2, { left: true });
    say(3);
    expect(portsOf(decision)).toEqual([3]);
  });

  it('tells an unknown prefix from one whose instances have all left', () => {
    const { say, pick } = setup();
    expect(pick()).toBe('unknown-route');
    say(1);
    say(1, { left: true });
    expect(pick()).toBe('no-instance');
  });

  it('does not answer for other hosts, or for targets that are no path', () => {
    const { decide } = setup();
    expect(decide('evil.example', '/v1')).toMatchObject({ problem: { code: 'unknown-host' } });
    expect(decide('localhost', 'http://evil.example/v1')).toMatchObject({
      problem: { code: 'bad-target' },
    });
    expect(decide('localhost', '*')).toMatchObject({ problem: { code: 'bad-target' } });
  });
});
