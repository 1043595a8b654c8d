import { describe, expect, it } from 'vitest';
import { Observer, RULES } from '@rollcall/protocol';
import type { Message, Reaction } from '@rollcall/protocol';

const INSTANCE = { prefix: '/v1', port: 1, address: '10.0.0.1', id: 'a', inc: 1, seq: 0 };

/** Gateways on one channel whose clocks stand at the same time; all of them find every instance refusing. */
function fleet() {
  let nonces = 0;
  let now = 0;
  const gateways: Observer[] = [];

  function carry(from: Observer, { effects, publish }: Reaction): void {
    for (const effect of effects) {
      if (effect.type !== 'probe') continue;
      const { key } = effect.instance;
      carry(from, from.learn({ type: 'probed', key, verdict: 'refused', by: 'probe' }, now));
    }
    for (const message of publish) send(from, message);
  }
  function send(from: Observer | undefined, { event, data }: Omit<Message, 'to'>): void {
    const others = gateways.filter((each) => each !== from);
    for (const each of others) carry(each, each.at(0).receive(event, structuredClone(data), now));
  }
  return {
    send: (event: Message['event']): void => send(undefined, { event, data: INSTANCE }),
    join: (): Observer => {
      const gateway = new Observer({
        probes: 'always',
        answers: true,
        nonce: () => `n${nonces++}`,
      });
      gateways.push(gateway);
      carry(gateway, gateway.at(0).subscribed(now));
      return gateway;
    },
    pass: (milliseconds: number): void => {
      for (const end = now + milliseconds; now < end; now += 500)
        for (const each of gateways) {
          carry(each, each.tick(now));
          carry(each, each.at(0).tick(now));
        }
    },
    held: (): number[] => gateways.map(({ table }) => table.export(now).length),
  };
}

describe('gateways that started at different times', () => {
  it('forget instances that left, although they exchange tables', () => {
    const { join, send, pass, held } = fleet();
    join();
    send('register');
    send('exit');
    pass(RULES.tombstoneMs * 0.7);
    join();
    expect(held()).toEqual([1, 1]);
    pass(RULES.tombstoneMs * 3);
    expect(held()).toEqual([0, 0]);
  });

  it('forget instances that are down, although they exchange tables', () => {
    const { join, send, pass, held } = fleet();
    join();
    send('register');
    pass(RULES.forgetAfterMs * 0.7);
    join();
    pass(RULES.forgetAfterMs * 1.05);
    expect(held()).toEqual([0, 0]);
  });

  it('still inform a gateway that holds an instance that has left', () => {
    const { join, send, pass, held } = fleet();
    const first = join();
    send('register');
    const exit = { announcement: { ...INSTANCE }, left: true };
    const second = join();
    // Only one of them hears the exit, and tells the other.
    first.at(0).receive('exit', INSTANCE, 0);
    pass(RULES.rollCallEveryMs + 1000);
    expect(second.table.statementOf('a')).toEqual(exit);
    expect(held()).toEqual([1, 1]);
  });
});
