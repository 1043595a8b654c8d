import { beforeEach, describe, expect, it } from 'vitest';
import { Parts } from '../../../src/cluster/presence/parts.ts';
import type { PartPayload } from '../../../src/cluster/presence/parts.ts';

let parts: Parts;
let sent: PartPayload[];
let changed: string[];
let left: string[];
beforeEach(() => {
  sent = [];
  changed = [];
  left = [];
  const effects = {
    send: (payload: PartPayload) => sent.push(payload),
    changed: (node: string, key: string, value: string | number | null) =>
      changed.push(`${node} ${key}=${value}`),
    left: (node: string) => left.push(node),
  };
  parts = new Parts('own', effects, 2);
  parts.joined('peer');
});

describe('a part of another node', () => {
  it('is asked for when the node joins, and again until it comes', () => {
    expect(sent).toEqual([{ ask: 'peer' }]);
    for (let beat = 0; beat < 4; beat++) parts.beat();
    expect(sent).toHaveLength(2);
    parts.receive('peer', { all: [], piece: 0, pieces: 1 });
    expect(parts.isWhole).toBe(true);
    for (let beat = 0; beat < 10; beat++) parts.beat();
    expect(sent).toHaveLength(2);
  });

  it('is empty if the node has none, and is not asked for again', () => {
    parts.receive('peer', { changed: [['ann', 1]] });
    parts.absent('peer');
    expect([changed, left, parts.nodes]).toEqual([['peer ann=1', 'peer ann=null'], ['peer'], []]);
    for (let beat = 0; beat < 10; beat++) parts.beat();
    expect([parts.isWhole, sent.length]).toEqual([true, 1]);
    parts.receive('peer', { ask: 'own' });
    expect(parts.nodes).toEqual(['peer']);
    parts.receive('peer', { changed: [['bob', 1]] });
    parts.receive('peer', { leaves: true });
    expect(changed.slice(2)).toEqual(['peer bob=1', 'peer bob=null']);
    expect(parts.nodes).toEqual([]);
  });

  it('is not asked for again while it comes in many pieces', () => {
    for (let piece = 0; piece < 5; piece++) {
      for (let beat = 0; beat < 3; beat++) parts.beat();
      parts.receive('peer', { all: [[`m${piece}`, 1]], piece, pieces: 5 });
    }
    expect(sent).toHaveLength(1);
    expect(changed).toHaveLength(5);
    expect(parts.isWhole).toBe(true);
  });

  it('is taken in when all of its pieces have come, and only what differs', () => {
    parts.receive('peer', {
      changed: [
        ['ann', 1],
        ['bob', 1],
      ],
    });
    parts.receive('peer', { all: [['bob', 1]], piece: 0, pieces: 2 });
    expect(changed).toEqual(['peer ann=1', 'peer bob=1']);
    parts.receive('peer', { all: [['cem', 1]], piece: 1, pieces: 2 });
    expect(changed.slice(2)).toEqual(['peer ann=null', 'peer cem=1']);
  });

  it('is not taken in if a piece is lost', () => {
    parts.receive('peer', { changed: [['ann', 1]] });
    parts.receive('peer', { all: [['bob', 1]], piece: 0, pieces: 3 });
    parts.lost('peer');
    parts.receive('peer', { all: [['ann', 1]], piece: 2, pieces: 3 });
    expect(changed).toEqual(['peer ann=1']);
    for (const [piece, name] of ['ann', 'bob', 'cem'].entries()) {
      parts.receive('peer', { all: [[name, 1]], piece, pieces: 3 });
    }
    expect(changed.slice(1)).toEqual(['peer bob=1', 'peer cem=1']);
  });

  it('is taken in when it comes again after a piece was lost', () => {
    parts.receive('peer', { all: [['ann', 1]], piece: 0, pieces: 2 });
    parts.lost('peer');
    for (const [piece, name] of ['bob', 'cem'].entries()) {
      parts.receive('peer', { all: [[name, 1]], piece, pieces: 2 });
    }
    expect(changed).toEqual(['peer bob=1', 'peer cem=1']);
  });

  it('is asked for again if something of it is lost', () => {
    parts.receive('peer', { all: [], piece: 0, pieces: 1 });
    parts.lost('peer');
    expect([parts.isWhole, sent.length]).toEqual([false, 2]);
  });

  it('ends with the node', () => {
    parts.receive('peer', { changed: [['ann', 1]] });
    parts.gone('peer');
    expect(changed).toEqual(['peer ann=1', 'peer ann=null']);
  });

  it.each([
    ['text', 'ann'],
    ['entries that are none', { changed: [['ann']] }],
    ['a value that is none', { changed: [['ann', {}]] }],
    ['pieces without a number', { all: [['ann', 1]] }],
  ])('ignores %s', (_, payload) => {
    parts.receive('peer', payload);
    parts.receive('unknown', { changed: [['ann', 1]] });
    expect(changed).toEqual([]);
  });
});

describe('the own part', () => {
  beforeEach(() => {
    sent.length = 0;
  });

  it('is said by its changes, a few entries at a time', () => {
    for (const key of ['ann', 'bob', 'cem']) parts.set(key, 1);
    parts.set('ann', null);
    parts.flush();
    expect(sent).toEqual([
      {
        changed: [
          ['ann', null],
          ['bob', 1],
        ],
      },
      { changed: [['cem', 1]] },
    ]);
    parts.set('bob', 1);
    expect(parts.hasNews).toBe(false);
  });

  it('is not said because another node is asked', () => {
    parts.receive('peer', { ask: 'other' });
    expect(parts.hasNews).toBe(false);
  });

  it('is said whole if a node asks, once for all that ask', () => {
    parts.set('ann', 1);
    parts.receive('peer', { ask: 'own' });
    parts.receive('peer', { ask: 'own' });
    parts.flush();
    expect(sent).toEqual([{ all: [['ann', 1]], piece: 0, pieces: 1 }]);
  });
});
