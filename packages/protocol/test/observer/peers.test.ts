import { describe, expect, it } from 'vitest';
import { Observer, RULES } from '@rollcall/protocol';

function gateway(name: string) {
  let count = 0;
  return new Observer({ probes: 'always', answers: true, nonce: () => `${name}-${count++}`, name });
}

const place = (id: string) => ({
  prefix: '/v1',
  address: '10.0.0.1',
  port: id.codePointAt(0) ?? 0,
  id,
  inc: 1,
});

/** What a gateway says as it calls the roll. */
function rollCall(observer: Observer, now: number): unknown {
  const [message] = observer.at(0).subscribed(now).publish;
  return message?.data;
}

describe('the other gateways of an observer', () => {
  it('are known from their roll calls, with the difference of their tables', () => {
    const [a, b] = [gateway('a'), gateway('b')];
    for (const id of ['x', 'y']) a.at(0).receive('register', place(id), 0);
    b.at(0).receive('register', place('z'), 0);
    a.at(0).receive('rollcall', rollCall(b, 5), 5);
    expect(a.peers.all(5)).toEqual([
      { name: 'b', at: 5, size: 1, missingThere: 2, missingHere: 1 },
    ]);

    for (const id of ['x', 'y']) b.at(0).receive('register', place(id), 6);
    a.at(0).receive('register', place('z'), 6);
    a.at(0).receive('rollcall', rollCall(b, 1007), 1007);
    expect(a.peers.all(1007)).toEqual([
      { name: 'b', at: 1007, size: 3, missingThere: 0, missingHere: 0 },
    ]);
  });

  it('are forgotten after two missed roll calls', () => {
    const [a, b] = [gateway('a'), gateway('b')];
    a.at(0).receive('rollcall', rollCall(b, 0), 0);
    expect(a.peers.all(3 * RULES.rollCallEveryMs)).toHaveLength(1);
    expect(a.peers.all(3 * RULES.rollCallEveryMs + 1)).toEqual([]);
  });

  it('are not counted as lacking entries that do not fit their digest', () => {
    const a = gateway('a');
    a.at(0).receive('register', place('x'), 0);
    a.at(0).receive('rollcall', { nonce: 'n', digest: '', size: 2000, from: 'b' }, 0);
    expect(a.peers.all(0)).toEqual([{ name: 'b', at: 0, size: 2000, missingHere: 0 }]);
  });

  it('exclude observers without a valid name', () => {
    const a = gateway('a');
    for (const from of [undefined, '', 'a b', 7, 'x'.repeat(65), null])
      a.at(0).receive('rollcall', { nonce: 'n', digest: '', size: 0, from }, 0);
    expect(a.peers.all(0)).toEqual([]);
  });

  it('are limited to the latest hundred', () => {
    const a = gateway('a');
    for (let count = 0; count < 150; count++)
      a.at(0).receive(
        'rollcall',
        { nonce: 'n', digest: '', size: 0, from: `g${count}` },
        count * RULES.answerEveryMs,
      );
    const names = a.peers.all(150 * RULES.answerEveryMs).map(({ name }) => name);
    expect([names.length, names[0], names.at(-1)]).toEqual([100, 'g50', 'g149']);
  });
});
