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
  const gone: string[] = [];
  const left: string[] = [];
  let now = 0;
  const make = (node: string) => {
    const broadcast = new Broadcast({
      node,
      clock: () => now,
      maxKept: 10_000_000,
      effects: {
        publish: (subject, text) => saying.push({ from: node, subject, text }),
        deliver: (_, __, payload) => delivered.push(payload),
        lost: (_, __, count) => lost.push(count),
        joined: () => {},
        absent: () => {},
        left: (of) => left.push(of),
        gone: (of) => gone.push(of),
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
  /** Ann says something. */
  const say = (payload: unknown): void => {
    const { message } = ann.compose(SUBJECT, [JSON.stringify(payload)]);
    saying.push({ from: ANN, subject: SUBJECT, text: message });
  };
  /** What was said and has not arrived is lost. */
  const lose = (): void => void (saying.length = 0);
  const pass = (ms: number): void => void (now += ms);
  return { ann, bob, saying, delivered, lost, gone, left, arrive, beat, say, lose, pass };
}

/** Two nodes that have heard each other. */
function twoPeers() {
  const nodes = twoNodes();
  for (let count = 0; count < 2; count++) nodes.beat(ANN, BOB);
  return nodes;
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

  it('does not receive what was said before it listened, if that is said again for others', () => {
    const { bob, delivered, arrive, say, saying } = twoPeers();
    bob.unlistened(SUBJECT);
    for (const old of ['old', 'older']) say(old);
    arrive();
    bob.listened(SUBJECT);
    const ask = { type: 'ask', node: 'c'.repeat(16), of: ANN, subject: SUBJECT, from: 1, to: 1 };
    saying.push({ from: '', subject: 'nodes', text: JSON.stringify(ask) });
    arrive();
    say('new');
    arrive();
    expect(delivered).toEqual(['new']);
  });

  it('does not receive what was said while it did not listen', () => {
    const { bob, delivered, arrive, say } = twoPeers();
    say('before');
    arrive();
    bob.unlistened(SUBJECT);
    say('meanwhile');
    arrive();
    bob.listened(SUBJECT);
    bob.locate([SUBJECT]);
    arrive();
    say('after');
    arrive();
    expect(delivered).toEqual(['before', 'after']);
  });

  it('asks for what it misses when it hears something later, and waits for no beat', () => {
    const { delivered, arrive, say, lose } = twoPeers();
    say('missed');
    lose();
    say('later');
    arrive();
    expect(delivered).toEqual(['missed', 'later']);
  });

  it('receives what waited behind payloads that will never come', () => {
    const { delivered, lost, arrive, say, lose, pass } = twoPeers();
    say('forgotten');
    lose();
    pass(61_000);
    say('kept');
    arrive();
    expect([lost, delivered]).toEqual([[1], ['kept']]);
  });

  it('keeps a bounded number of payloads that wait for an earlier one, and asks for the others again', () => {
    const { ann, bob, delivered, arrive, say, lose, beat } = twoPeers();
    say('missed');
    const missing = 12_000;
    const payloads = Array.from({ length: missing }, (_, index) => String(index));
    lose();
    bob.receive(SUBJECT, ann.compose(SUBJECT, payloads).message);
    expect(delivered).toEqual([]);
    // What it asks for comes without the one that was too much.
    arrive();
    expect(delivered).toHaveLength(10_001);
    for (let count = 0; count < 3; count++) beat(ANN, BOB);
    expect(delivered).toHaveLength(missing + 1);
  });

  it('asks for each gap as often, however long it waited for the one before', () => {
    const { bob, delivered, lost, say, saying, lose, arrive, beat } = twoPeers();
    /** A gap that is not filled for a while. */
    const waitFor = (beats: number, last: number): void => {
      for (let count = 0; count < beats; count++) {
        const alive = { type: 'alive', node: ANN, last: { [SUBJECT]: last } };
        bob.receive('nodes', JSON.stringify(alive));
        bob.beat();
        bob.receive('nodes', saying.pop()?.text ?? '');
        lose();
      }
    };
    for (const number of [1, 2]) {
      say(number);
      lose();
      waitFor(15, number);
      beat(ANN, BOB);
      arrive();
    }
    expect([delivered, lost]).toEqual([[1, 2], []]);
  });

  it('does not ask at once for what may be on its way, because beats come by another subject', () => {
    const { ann, bob, say, saying, lose } = twoPeers();
    say('on its way');
    lose();
    ann.beat();
    bob.receive('nodes', saying.pop()?.text ?? '');
    bob.beat();
    bob.receive('nodes', saying.pop()?.text ?? '');
    expect(saying).toEqual([]);
    bob.beat();
    bob.receive('nodes', saying.pop()?.text ?? '');
    expect(saying).toHaveLength(1);
  });

  it('hears a note once, if it comes, and misses nothing by it', () => {
    const { ann, delivered, lost, arrive, beat, lose } = twoPeers();
    ann.note(SUBJECT, 'lost');
    lose();
    ann.note(SUBJECT, 'heard');
    arrive();
    for (let count = 0; count < 3; count++) beat(ANN, BOB);
    expect([delivered, lost]).toEqual([['heard'], []]);
  });

  it('hears no note in a subject to which it does not listen', () => {
    const { ann, bob, delivered, arrive } = twoPeers();
    bob.unlistened(SUBJECT);
    ann.note(SUBJECT, 'unwanted');
    arrive();
    expect(delivered).toEqual([]);
  });

  it('knows whether it hears the others in a subject', () => {
    const { bob, arrive } = twoPeers();
    bob.listened('more');
    bob.locate(['more']);
    expect(bob.isLocated('more')).toBe(false);
    arrive();
    expect(bob.isLocated('more')).toBe(true);
  });

  it('does not wait in a subject for a node that is silent', () => {
    const { bob, beat } = twoPeers();
    for (let count = 0; count < 2; count++) beat(BOB);
    bob.listened('more');
    expect(bob.isLocated('more')).toBe(true);
  });

  it('takes another for gone after seven beats without it', () => {
    const { gone, beat } = twoPeers();
    for (let count = 0; count < 7; count++) beat(BOB);
    expect(gone).toEqual([]);
    beat(BOB);
    expect(gone).toEqual([ANN]);
  });

  it('takes one that closes for gone after ten seconds, and does not count on it meanwhile', () => {
    const { ann, bob, gone, left, arrive, beat } = twoPeers();
    ann.leave();
    ann.leave();
    arrive();
    expect([left, bob.peers]).toEqual([[ANN], []]);
    bob.listened('more');
    expect(bob.isLocated('more')).toBe(true);
    for (let count = 0; count < 20; count++) beat(BOB);
    expect(gone).toEqual([]);
    beat(BOB);
    expect(gone).toEqual([ANN]);
  });

  it('judges no other while it hears nothing of itself', () => {
    const { bob, gone, lose } = twoPeers();
    for (let count = 0; count < 20; count++) bob.beat();
    lose();
    expect(gone).toEqual([]);
  });

  it('begins anew with a node that was gone for longer than anything is kept', () => {
    const { delivered, lost, beat, say, arrive, lose } = twoPeers();
    say('first');
    arrive();
    say('missed');
    lose();
    for (let count = 0; count < 130; count++) beat(BOB);
    say('second');
    arrive();
    expect([delivered, lost]).toEqual([['first', 'second'], []]);
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
