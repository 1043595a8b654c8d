import { describe, expect, it } from 'vitest';
import { Duty, TURN_MS } from '../../src/notify/duty.ts';
import type { Message, Sent } from '../../src/notify/duty.ts';
import type { NewsItem } from '../../src/notify/news.ts';
import { digest, turnsOf } from '../../src/notify/rendezvous.ts';
import { item } from './items.ts';

const GROUP_MS = 10_000;
const NAMES = ['one', 'two', 'three'] as const;
const recovered = {
  kind: 'recovered',
  state: 'recovered',
  after: ['down', 'suspect'],
} as const;

/** Gateways that notify one target. */
class World {
  now = 100 * GROUP_MS;
  readonly gateways: Map<string, Duty>;
  readonly received: Message[] = [];

  constructor(names: readonly string[] = NAMES) {
    this.gateways = new Map(
      names.map((self) => {
        const others = () => names.filter((name) => name !== self);
        return [self, new Duty({ self: () => self, others, target: 't', groupMs: () => GROUP_MS })];
      }),
    );
  }

  /** Every gateway of some sees an event. */
  see(fields: Partial<NewsItem> = {}, by: Iterable<string> = this.gateways.keys()): void {
    for (const name of by) this.gateways.get(name)?.add(item({ at: this.now, ...fields }));
  }

  /** Time passes. What is due is sent and accepted, and reported to the other gateways. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (; this.now < end; this.now += 250)
      for (const [name, duty] of this.gateways)
        for (const message of duty.due(this.now).messages) {
          const items = duty.remaining(message.items);
          if (items.length === 0) continue;
          this.received.push({ ...message, items });
          this.#tell(name, duty.accepted({ ...message, items }));
        }
  }

  #tell(from: string, sent: Sent): void {
    for (const [name, duty] of this.gateways) if (name !== from) duty.heard(sent, this.now);
  }

  /** The states that the target was notified of. */
  states(): string[][] {
    return this.received.map(({ items }) => items.map(({ state }) => state));
  }

  /** The gateways in the order in which it is their turn for the events of now. */
  turns(): string[] {
    return turnsOf(`t ${Math.floor(this.now / GROUP_MS)}`, [...this.gateways.keys()]);
  }
}

describe('several gateways', () => {
  it('notify once of what all of them see, with the events of one time together', () => {
    const world = new World();
    world.see();
    world.see({ subject: 'b 1' });
    world.pass(5 * TURN_MS);
    expect(world.states()).toEqual([['down', 'down']]);
  });

  it('share the work', () => {
    const firsts = new Set(
      Array.from({ length: 50 }, (_, group) => turnsOf(`t ${group}`, NAMES)[0]),
    );
    expect([...firsts].toSorted()).toEqual([...NAMES].toSorted());
  });

  it('take the place of one that dies before it has sent', () => {
    const world = new World();
    const [first = '', second = ''] = world.turns();
    world.see();
    world.gateways.delete(first);
    world.pass(GROUP_MS + 1000);
    expect(world.received).toEqual([]);
    const due = world.gateways.get(second)?.due(world.now + TURN_MS);
    expect(due).toMatchObject({ messages: [{ items: [{ state: 'down' }] }], missed: [first] });
  });

  it('give what they send in place of each other the same id', () => {
    const world = new World();
    const [first = '', second = ''] = world.turns();
    world.see();
    const ids = [first, second].map(
      (name) => world.gateways.get(name)?.due(world.now + 3 * TURN_MS).messages[0]?.id,
    );
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
  });

  it('notify of what only a later one has seen, with another id', () => {
    const world = new World();
    const [, second = ''] = world.turns();
    world.see();
    world.see({ subject: 'ejection of a', state: 'ejected' }, [second]);
    world.pass(5 * TURN_MS);
    expect(world.states()).toEqual([['down'], ['ejected']]);
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(2);
  });

  it('do not repeat what one of them sees late', () => {
    const world = new World();
    const [first = '', ...others] = world.turns();
    world.see({}, [first]);
    world.pass(GROUP_MS + 1000);
    world.see({}, others);
    world.pass(5 * TURN_MS);
    expect(world.states()).toEqual([['down']]);
  });

  it('notify of a recovery though another one has notified of the failure', () => {
    const world = new World();
    const [first = ''] = world.turns();
    world.see();
    world.pass(2 * GROUP_MS);
    world.gateways.delete(first);
    world.see({ kind: 'recovered', state: 'recovered', after: ['down', 'suspect'] });
    world.pass(5 * TURN_MS);
    expect(world.states()).toEqual([['down'], ['recovered']]);
  });

  it('notify of the next failure, though another one has seen the recovery in a later group', () => {
    const world = new World(['one', 'two']);
    const duty = world.gateways.get('one');
    const group = world.now / GROUP_MS;
    world.see({}, ['one']);
    world.now += GROUP_MS - 500;
    world.see(recovered, ['one']);
    world.now += 1000;
    duty?.heard({ group, about: [[digest('a 1'), 'down']] }, world.now);
    const sent = duty?.due(world.now + 2 * TURN_MS).messages ?? [];
    for (const message of sent)
      duty?.accepted({ ...message, items: duty.remaining(message.items) });
    world.now += 2 * TURN_MS;
    world.see({}, ['one']);
    const next = duty?.due(world.now + 2 * TURN_MS + GROUP_MS).messages ?? [];
    expect(next.flatMap(({ items }) => items.map(({ state }) => state))).toEqual(['down']);
  });

  it('notify once, though one of them has groups of another length', () => {
    const world = new World(['one', 'two']);
    world.see({}, ['one']);
    world.now += 1000;
    const group = Math.floor(world.now / (6 * GROUP_MS));
    world.gateways.get('one')?.heard({ group, about: [[digest('a 1'), 'down']] }, world.now);
    world.pass(5 * TURN_MS);
    expect(world.states()).toEqual([]);
  });

  it('notify of the last failure, though one of them hears late of the first', () => {
    const world = new World(['one', 'two']);
    const [first = '', second = ''] = world.turns();
    world.see();
    const group = Math.floor(world.now / GROUP_MS);
    world.now += GROUP_MS;
    world.see(recovered);
    world.now += 500;
    world.gateways.delete(first);
    world.gateways.get(second)?.heard({ group, about: [[digest('a 1'), 'down']] }, world.now);
    world.now += 500;
    world.see();
    world.pass(5 * TURN_MS);
    expect(world.states()).toEqual([['recovered', 'down']]);
  });
});

const alone = (): World => new World(['one']);

describe('a gateway', () => {
  it('does not notify of a recovery from what was no news', () => {
    const world = alone();
    world.see(recovered);
    world.pass(2 * GROUP_MS);
    expect(world.received).toEqual([]);
  });

  it('notifies of each failure, and not twice of one', () => {
    const world = alone();
    world.see();
    world.see();
    world.pass(2 * GROUP_MS);
    world.see();
    world.see(recovered);
    world.see();
    world.pass(2 * GROUP_MS);
    expect(world.states()).toEqual([['down'], ['recovered', 'down']]);
  });

  it('notifies of the last failure of one that recovered while a message was sent', () => {
    const world = alone();
    const duty = world.gateways.get('one');
    world.see();
    world.now += GROUP_MS;
    const [first] = duty?.due(world.now).messages ?? [];
    world.see(recovered);
    world.now += 1000;
    if (first !== undefined) duty?.accepted(first);
    world.see();
    world.pass(2 * GROUP_MS);
    expect(world.states()).toEqual([['recovered', 'down']]);
  });

  it('notifies of what has happened since, though a message was accepted late', () => {
    const world = alone();
    const duty = world.gateways.get('one');
    world.see();
    world.now += 2 * GROUP_MS;
    const [first] = duty?.due(world.now).messages ?? [];
    world.see(recovered);
    world.see({ at: world.now + 1 });
    world.now += 60_000;
    if (first !== undefined) duty?.accepted(first);
    world.pass(2 * GROUP_MS);
    expect(world.states()).toEqual([['recovered', 'down']]);
  });

  it('notifies once of each stage of a certificate', () => {
    const world = alone();
    for (let hour = 0; hour < 5; hour++) {
      world.see({ kind: 'certificate', state: 'at most 14 days' });
      world.pass(2 * GROUP_MS);
      world.now += 3_600_000;
    }
    expect(world.states()).toEqual([['at most 14 days']]);
  });

  it('notifies again of what lasts, after an hour', () => {
    const world = alone();
    world.see({ state: 'conflict' });
    world.pass(2 * GROUP_MS);
    world.now += 3_600_000;
    world.see({ state: 'conflict' });
    world.pass(2 * GROUP_MS);
    expect(world.states()).toEqual([['conflict'], ['conflict']]);
  });

  it('notifies of another instance of the same name', () => {
    const world = alone();
    world.see();
    world.pass(2 * GROUP_MS);
    world.gateways.get('one')?.forget('a 1');
    world.see();
    world.pass(2 * GROUP_MS);
    expect(world.states()).toEqual([['down'], ['down']]);
  });

  it('keeps a bounded number of events', () => {
    const world = alone();
    for (let count = 0; count < 5000; count++) world.see({ subject: String(count) });
    world.pass(2 * GROUP_MS);
    expect(world.received.map(({ items }) => items.length)).toEqual([1000]);
  });

  it('notifies of a suspicion that lasts, and then that it is over', () => {
    const world = alone();
    world.pass(GROUP_MS - 1000);
    world.see({ kind: 'suspect', state: 'suspect' });
    world.pass(GROUP_MS);
    expect(world.received).toEqual([]);
    world.pass(2 * GROUP_MS);
    world.see(recovered);
    world.pass(2 * GROUP_MS);
    expect(world.states()).toEqual([['suspect'], ['recovered']]);
  });

  it('does not notify of a suspicion that is soon over, or confirmed', () => {
    const world = alone();
    world.see({ kind: 'suspect', state: 'suspect' });
    world.see({ kind: 'suspect', state: 'suspect', subject: 'b 1' });
    world.pass(2000);
    world.see(recovered);
    world.see({ subject: 'b 1' });
    world.pass(4 * GROUP_MS);
    expect(world.states()).toEqual([['down']]);
  });
});
