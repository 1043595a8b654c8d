import { describe, expect, it } from 'vitest';
import { Observer, RULES } from '@rollcall/protocol';
import type { Message, Reaction } from '@rollcall/protocol';

const announcement = (port: number, fields: Record<string, unknown> = {}) => ({
  prefix: '/v1',
  port,
  address: '10.0.0.1',
  id: `i${port}`,
  inc: 1,
  seq: 0,
  ...fields,
});

let count = 0;
function observer({ answers = true } = {}) {
  return new Observer({ probes: 'never', answers, nonce: () => `n${count++}` });
}

/** Carries messages between two observers until both are silent, and returns them. */
function converse(one: Observer, two: Observer, first: readonly Message[]): Message[] {
  const said: Message[] = [];
  const pending = [...first];
  for (let next = pending.shift(); next !== undefined && said.length < 50; next = pending.shift()) {
    said.push(next);
    for (const each of [one, two]) {
      pending.push(
        ...each.at(0).receive(next.event, JSON.parse(JSON.stringify(next.data)), 0).publish,
      );
    }
  }
  return said;
}

const events = (messages: readonly Message[]) => messages.map(({ event }) => event);
const ports = ({ table }: Observer) => table.all().map((each) => each.announcement.port);
const asks = (each: Observer, now: number) => events(each.at(0).tick(now).publish);
const types = ({ effects }: Reaction) => effects.map(({ type }) => type);

describe('an observer', () => {
  it('calls the roll after subscribing, and receives what it lacks, including instances that left', () => {
    const [gateway, late] = [observer(), observer({ answers: false })];
    gateway.at(0).receive('register', announcement(1), 0);
    gateway.at(0).receive('register', announcement(2), 0);
    gateway.at(0).receive('exit', announcement(2), 0);
    const said = converse(gateway, late, late.at(0).subscribed(0).publish);
    expect(events(said)).toEqual(['rollcall', 'table']);
    expect(ports(late)).toEqual([1]);
    expect(types(late.at(0).receive('register', announcement(2), 0))).toEqual([]);
  });

  it('receives nothing that it already has', () => {
    const [gateway, late] = [observer(), observer()];
    for (const each of [gateway, late]) each.at(0).receive('register', announcement(1), 0);
    gateway.at(0).receive('register', announcement(2), 0);
    const [, answer] = converse(gateway, late, late.at(0).subscribed(0).publish);
    expect(answer?.data).toMatchObject({ up: [{ port: 2 }], left: [] });
  });

  it('calls the roll once more if the other observer has more', () => {
    const [one, two] = [observer(), observer()];
    one.at(0).receive('register', announcement(1), 0);
    two.at(0).receive('register', announcement(2), 0);
    const said = converse(one, two, one.at(0).subscribed(0).publish);
    expect(said.length).toBeLessThanOrEqual(4);
    expect(said.filter(({ event }) => event === 'rollcall')).toHaveLength(2);
    expect(ports(one)).toEqual([1, 2]);
    expect(new Set(ports(two))).toEqual(new Set([1, 2]));
    expect(events(converse(one, two, one.at(0).subscribed(0).publish))).toEqual(['rollcall']);
  });

  it('stops after some exchanges with an observer that never agrees', () => {
    const [one, two] = [observer({ answers: false }), observer({ answers: false })];
    one.at(0).receive('register', announcement(1), 0);
    two.at(0).receive('register', announcement(2), 0);
    // Neither tells what it knows: each roll call is news to the other, and stays so.
    expect(events(converse(one, two, two.at(0).subscribed(0).publish))).toEqual([
      'rollcall',
      'rollcall',
    ]);
  });

  it('splits an answer into events of at most 10 KB', () => {
    const gateway = observer();
    for (let port = 1; port <= 500; port++)
      gateway.at(0).receive('register', announcement(port), 0);
    const { publish } = gateway.at(0).receive('rollcall', { nonce: 'q', digest: '' }, 0);
    const pieces = publish.filter(({ event }) => event === 'table');
    expect(pieces.length).toBeGreaterThan(3);
    for (const { data } of pieces) expect(JSON.stringify(data).length).toBeLessThan(10_240);
    const late = observer();
    for (const { event, data } of pieces) late.at(0).receive(event, data, 0);
    expect(ports(late)).toHaveLength(500);
  });

  it('calls the roll every five minutes while connected, if it answers roll calls', () => {
    const gateway = observer();
    gateway.at(0).subscribed(0);
    expect(asks(gateway, RULES.rollCallEveryMs - 1)).toEqual([]);
    expect(asks(gateway, RULES.rollCallEveryMs)).toEqual(['rollcall']);
    expect(asks(gateway, RULES.rollCallEveryMs + 1)).toEqual([]);
    gateway.at(0).disconnected(RULES.rollCallEveryMs + 2);
    expect(asks(gateway, 9 * RULES.rollCallEveryMs)).toEqual([]);
    const guest = observer({ answers: false });
    guest.at(0).subscribed(0);
    expect(asks(guest, 9 * RULES.rollCallEveryMs)).toEqual([]);
  });

  it('recognizes an answer to its own roll call', () => {
    const late = observer({ answers: false });
    const [question] = late.at(0).subscribed(0).publish;
    const { nonce } = (question?.data ?? {}) as { nonce?: string };
    expect(late.at(0).receive('table', { nonce: 'other', up: [], left: [] }, 0).isAnswer).toBe(
      false,
    );
    expect(late.at(0).receive('table', { nonce, up: [], left: [] }, 0).isAnswer).toBe(true);
  });
});
