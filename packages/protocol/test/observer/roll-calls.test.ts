import { describe, expect, it } from 'vitest';
import { Observer, RULES } from '@rollcall/protocol';
import type { Message } from '@rollcall/protocol';

const INSTANCES = 400;

/** A gateway with instances. */
function gateway(instances = INSTANCES): Observer {
  const observer = new Observer({ probes: 'never', answers: true, nonce: () => 'own' });
  for (let port = 1; port <= instances; port++) {
    const announcement = { prefix: '/v1', address: '10.0.0.1', port, id: `i${port}`, inc: 1 };
    observer.at(0).receive('register', announcement, 0);
  }
  return observer;
}

const newcomer = (nonce: string) => ({ nonce, digest: '', size: 0 });
const noncesOf = (messages: readonly Message[]) =>
  messages.map(({ data }) => (data as { nonce: string }).nonce);

describe('a flood of roll calls', () => {
  it('is answered with the whole table once, and then again only after a time for each statement', () => {
    const observer = gateway();
    let published = 0;
    for (let now = 1; now <= 1000; now++) {
      for (let count = 0; count < 10; count++)
        published += observer.at(0).receive('rollcall', newcomer(`n${now}-${count}`), now)
          .publish.length;
      published += observer.at(0).tick(now).publish.length;
    }
    const whole = Math.ceil(INSTANCES / 40);
    expect(published).toBeLessThan(4 * whole);
  });

  it('is answered to each asker by one answer, of which the first has the table', () => {
    const observer = gateway(1);
    expect(noncesOf(observer.at(0).receive('rollcall', newcomer('a'), 1).publish)).toEqual(['a']);
    expect(observer.at(0).receive('rollcall', newcomer('b'), 2).publish).toEqual([]);
    expect(observer.at(0).receive('rollcall', newcomer('c'), 3).publish).toEqual([]);
    const { publish } = observer.at(0).tick(1 + RULES.answerEveryMs);
    expect(publish.map(({ data }) => data)).toMatchObject([
      { nonce: 'b', up: [{ id: 'i1' }] },
      { nonce: 'c', up: [] },
    ]);
  });
});
