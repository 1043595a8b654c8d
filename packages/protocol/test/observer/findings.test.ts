import { describe, expect, it } from 'vitest';
import { Journal, Observer, RULES } from '@rollcall/protocol';
import type { Effect, Message } from '@rollcall/protocol';

const INSTANCES = 1500;
let count = 0;

/** A gateway that is connected, with a table so large that gateways share the probing. */
function gateway(name: string, isSealed = false) {
  const journal = new Journal();
  const observer = new Observer({
    probes: 'always',
    answers: true,
    nonce: () => `n${count++}`,
    name,
    journal,
    isSealed,
  });
  observer.at(0).subscribed(0);
  for (let index = 0; index < INSTANCES; index++)
    observer.at(0).receive('register', { ...place(index), id: `i${index}`, inc: 1 }, 0);
  return { observer, journal, broker: observer.at(0) };
}

const place = (index: number) => ({
  prefix: '/v1',
  port: 1,
  address: `10.0.${index >> 8}.${index & 255}`,
});

function timesOut(observer: Observer, key: string, now: number): readonly Effect[] {
  const { effects } = observer.learn(
    { type: 'probed', key, verdict: 'timeout', by: 'probe', isPending: true },
    now,
  );
  return effects;
}

const findings = (messages: readonly Message[]): Message[] =>
  messages.filter(({ event }) => event === 'finding');

describe('a gateway whose probe has failed', () => {
  it('reports the instance to the others, which probe it and need one failure of their own', () => {
    const [a, b] = [gateway('a'), gateway('b')];
    timesOut(a.observer, 'i7', 3000);
    const [message] = findings(a.broker.tick(3000).publish);
    expect(message).toEqual({
      to: 'registry',
      event: 'finding',
      data: { from: 'a', keys: ['i7'] },
    });

    const held = b.observer.table.get('i7');
    const { effects } = b.broker.receive('finding', message?.data, 3000);
    expect(b.observer.table.get('i7')).toBe(held);
    expect(held?.status).toBe('healthy');
    expect(effects).toEqual([{ type: 'probe', instance: held, by: 'probe' }]);
    expect(timesOut(b.observer, 'i7', 4050).map(({ type }) => type)).toEqual(['suspected']);
    const [, entry] = b.journal.of('i7');
    expect(entry?.what).toBe('another gateway: a probe failed');
  });

  it('does not repeat what another has reported', () => {
    const b = gateway('b');
    b.broker.receive('finding', { from: 'a', keys: ['i7'] }, 3000);
    timesOut(b.observer, 'i7', 4000);
    expect(findings(b.broker.tick(4000).publish)).toEqual([]);
  });

  it('does not take its own report, by another broker, for one of another gateway', () => {
    const a = gateway('a');
    timesOut(a.observer, 'i7', 3000);
    a.observer.at(1).receive('finding', { from: 'a', keys: ['i7'] }, 3000);
    expect(a.observer.table.get('i7')?.status).toBe('healthy');
    expect(timesOut(a.observer, 'i8', 3000).map(({ type }) => type)).toEqual(['finding']);
  });

  it.each([false, true])('reports many in few messages that fit, sealed: %s', (isSealed) => {
    const a = gateway('a', isSealed);
    for (let index = 0; index < INSTANCES; index++) timesOut(a.observer, `i${index}`, 3000);
    const messages: Message[] = [];
    for (let now = 3000; now < 4000; now += 50)
      messages.push(...findings(a.broker.tick(now).publish));
    expect(messages.length).toBeLessThanOrEqual(4);
    for (const { data } of messages)
      expect(JSON.stringify(data).length).toBeLessThan(isSealed ? 7300 : 10_100);
  });

  it('reports nothing if a few instances are all there are: each gateway finds it as soon', () => {
    const observer = new Observer({ probes: 'always', answers: true, nonce: () => 'n', name: 'a' });
    observer.at(0).subscribed(0);
    observer.at(0).receive('register', { ...place(1), id: 'i1', inc: 1 }, 0);
    timesOut(observer, 'i1', 3000);
    expect(findings(observer.at(0).tick(3000).publish)).toEqual([]);
  });

  it('reports nothing later that it could not while it was disconnected', () => {
    const a = gateway('a');
    timesOut(a.observer, 'i7', 3000);
    a.broker.disconnected(3001);
    timesOut(a.observer, 'i8', 3002);
    a.broker.subscribed(3003);
    expect(findings(a.broker.tick(3003 + RULES.reportEveryMs).publish)).toEqual([]);
  });
});

describe('gateways', () => {
  it('share the probing with gateways that have called the roll in time', () => {
    const [a, b] = [gateway('a'), gateway('b')];
    const [rollCall] = b.broker.subscribed(0).publish;
    a.broker.receive('rollcall', rollCall?.data, 0);
    expect(a.observer.peers.present(RULES.rollCallEveryMs)).toEqual(['b']);
    expect(a.observer.peers.present(RULES.rollCallEveryMs * 1.2)).toEqual([]);
    expect(a.observer.peers.all(RULES.rollCallEveryMs * 1.2)).toHaveLength(1);
  });
});

describe('a finding', () => {
  it.each([
    [undefined, 'unreadable'],
    [{ keys: ['i1'] }, 'bad-event'],
    [{ from: 'a b', keys: ['i1'] }, 'bad-event'],
    [{ from: 'a', keys: 'i1' }, 'bad-event'],
  ])('%j is refused', (data, code) => {
    const { refusals, effects } = gateway('b').broker.receive('finding', data, 0);
    expect(refusals.map((refusal) => refusal.code)).toEqual([code]);
    expect(effects).toEqual([]);
  });

  it('may name what is in no table', () => {
    const { broker } = gateway('b');
    expect(broker.receive('finding', { from: 'a', keys: ['none', 7, null] }, 0).refusals).toEqual(
      [],
    );
  });
});
