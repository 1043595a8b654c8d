import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WriteBatcher } from '../../src/server/write-batcher.ts';

const flushed: string[] = [];
const named = (name: string) => ({ flush: () => void flushed.push(name) });

it('flushes once, in order, at the end of the turn', async () => {
  flushed.length = 0;
  const endOfTurn = new WriteBatcher();
  for (const name of ['a', 'b']) endOfTurn.flushLater(named(name));
  expect(flushed).toEqual([]);
  await turn();
  await turn();
  expect(flushed).toEqual(['a', 'b']);
});

it('flushes earlier if the maximum is waiting', async () => {
  flushed.length = 0;
  const endOfTurn = new WriteBatcher(2);
  for (const name of ['a', 'b', 'c']) endOfTurn.flushLater(named(name));
  expect(flushed).toEqual(['a', 'b']);
  await turn();
  expect(flushed).toEqual(['a', 'b', 'c']);
});
