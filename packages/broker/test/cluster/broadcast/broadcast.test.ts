import { describe, expect, it } from 'vitest';
import { Broadcast } from '../../../src/cluster/broadcast/broadcast.ts';

const SUBJECT = 'events';
const [ANN, BOB] = ['a'.repeat(16), 'b'.repeat(16)] as const;

interface Said {
  readonly from: string;
  readonly subject: string;
  readonly text: string;
}

/** Two nodes, and what they have said to each other that has not arrived. */
function twoNodes() {
  const saying: Said[] = [];
  const delivered: unknown[] = [];
  const lost: number[] = [];
  let now = 0;
  const make = (node: string) => {
    const broadcast = new Broadcast({
      node,
      clock: () => now,
      maxKept: 10_000,
      effects: {
        publish: (subject, text) => saying.push({ from: node, subject, text }),
        deliver: (_, __, payload) => delivered.push(payload),
        lost: (_, __, count) => lost.push(count),
        joined: () => {},
        absent: () => {},
        gone: () => {},
      },
    });
    broadcast.listened(SUBJECT);
    return broadcast;
  };
  const nodes = { [ANN]: make(ANN), [BOB]: make(BOB) };
  /** Delivers all that was said to both. */
  const arrive = (): void => {
    for (let next = saying.shift(); next !== undefined; next = saying.shift()) {
      for (const node of Object.values(nodes)) node.receive(next.subject, next.text);
    }
  };
  const beat = (...of: readonly (keyof typeof nodes)[]): void => {
    for (const each of of) nodes[each]?.beat();
    arrive();
  };
  const [ann, bob] = [nodes[ANN], nodes[BOB]] as [Broadcast, Broadcast];
  return { ann, bob, saying, delivered, lost, arrive, beat, pass: (ms: number) => (now += ms) };
}

describe('a node that listens', () => {
  it('notices that it missed the first payload, because it asks where the others are', () => {
    const { ann, bob, delivered, beat } = twoNodes();
    beat(ANN, BOB);
    beat(ANN, BOB);
    ann.compose(SUBJECT, ['"missed"']);
    beat(ANN, BOB);
    beat(ANN, BOB);
    expect(delivered).toEqual(['missed']);
    expect(bob.peers).toEqual([ANN]);
  });

  it('does not receive what was said before it listened', () => {
    const { ann, bob, delivered, arrive, saying } = twoNodes();
    bob.unlistened(SUBJECT);
    ann.compose(SUBJECT, ['"before"']);
    ann.beat();
    arrive();
    bob.listened(SUBJECT);
    bob.locate([SUBJECT]);
    arrive();
    const { message } = ann.compose(SUBJECT, ['"after"']);
    saying.push({ from: ANN, subject: SUBJECT, text: message });
    arrive();
    expect(delivered).toEqual(['after']);
  });

  it('gives up what the other does not keep any more', () => {
    const { ann, delivered, lost, beat, pass } = twoNodes();
    beat(ANN, BOB);
    beat(ANN, BOB);
    ann.compose(SUBJECT, ['"forgotten"', '"too"']);
    pass(61_000);
    ann.compose(SUBJECT, ['"kept"']);
    beat(ANN, BOB);
    beat(ANN, BOB);
    expect([lost, delivered]).toEqual([[2], ['kept']]);
  });

  it('notices what it missed while the link was down for longer than anything is kept', () => {
    const { ann, lost, beat, pass } = twoNodes();
    beat(ANN, BOB);
    beat(ANN, BOB);
    ann.compose(SUBJECT, ['"forgotten"']);
    pass(61_000);
    for (let count = 0; count < 3; count++) beat(ANN, BOB);
    expect(lost).toEqual([1]);
  });

  it.each([
    ['speaks at each beat', 1, 21, [1]],
    ['hangs most of the time', 6, 40, []],
  ])('gives up what a node that %s does not say in twenty beats', (_, every, beats, losses) => {
    const { ann, bob, lost, saying, beat } = twoNodes();
    beat(ANN, BOB);
    beat(ANN, BOB);
    const { first } = ann.compose(SUBJECT, ['"missed"']);
    for (let count = 0; count <= beats; count++) {
      const alive = { type: 'alive', node: ANN, last: { [SUBJECT]: first } };
      if (count % every === 0) bob.receive('nodes', JSON.stringify(alive));
      bob.beat();
      bob.receive('nodes', saying.pop()?.text ?? '');
      // What it asks for is lost.
      saying.length = 0;
    }
    expect(lost).toEqual(losses);
  });

  it.each([
    '',
    'text',
    '[]',
    '{"n":"a","f":1,"p":[]}',
    `{"n":"${BOB}","f":-1,"p":[]}`,
    '{"type":"alive"}',
  ])('ignores %s', (text) => {
    const { ann, delivered } = twoNodes();
    expect(ann.receive(SUBJECT, text)).toBe('unknown');
    expect([ann.peers, delivered]).toEqual([[], []]);
  });
});
