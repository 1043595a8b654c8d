import { expect, it } from 'vitest';
import { SentStreams } from '../../../src/cluster/broadcast/sent-streams.ts';

const NODE = 'a'.repeat(16);
const SUBJECT = 'events';

function streams(maxSize: number) {
  let now = 0;
  const made = new SentStreams(NODE, () => now, maxSize);
  const kept = (): number => made.kept(SUBJECT)?.between(0, Infinity).length ?? 0;
  return { streams: made, kept, pass: (ms: number) => void (now += ms) };
}

it('keeps as many small payloads as the memory that they take allows', () => {
  const { streams: sent, kept } = streams(100_000);
  for (let count = 0; count < 10_000; count++) sent.add(SUBJECT, ['1']);
  // Some hundred bytes each, nearly all of it besides the text.
  expect(kept()).toBeLessThan(400);
  expect(kept()).toBeGreaterThan(200);
});

it('keeps fewer payloads of letters that take more bytes', () => {
  const { streams: sent, kept } = streams(100_000);
  for (let count = 0; count < 10; count++) sent.add(SUBJECT, [`"${'\u4E2D'.repeat(10_000)}"`]);
  expect(kept()).toBe(3);
});

it('forgets payloads after a minute, and says their numbers for another', () => {
  const { streams: sent, kept, pass } = streams(100_000);
  sent.add(SUBJECT, ['1', '2']);
  pass(61_000);
  sent.forgetOld();
  expect(kept()).toBe(0);
  for (let beat = 0; beat < 120; beat++) expect(sent.lastNumbers()).toEqual({ [SUBJECT]: 2 });
  expect(sent.lastNumbers()).toEqual({});
});

it('finds what a node lacks, after much was forgotten', () => {
  const { streams: sent, pass } = streams(1_000_000);
  for (let count = 0; count < 1_000; count++) {
    sent.add(SUBJECT, ['1', '2', '3']);
    pass(200);
  }
  const stream = sent.kept(SUBJECT);
  const firsts = (from: number, to: number) =>
    stream?.between(from, to).map(({ first }) => first) ?? [];
  // The last minute is 300 batches.
  expect(stream?.firstKept).toBe(2_101);
  expect(firsts(1, 2_104)).toEqual([2_101, 2_104]);
  expect(firsts(2_105, 2_107)).toEqual([2_104, 2_107]);
  expect(firsts(2_999, 9_999)).toEqual([2_998]);
  expect(firsts(1, 5)).toEqual([]);
});

it('forgets many payloads at once as fast as it keeps them', () => {
  const { streams: sent, pass, kept } = streams(Infinity);
  for (let count = 0; count < 200_000; count++) sent.add(SUBJECT, ['1']);
  pass(61_000);
  const begun = performance.now();
  sent.forgetOld();
  // Moving the rest at each of them takes minutes.
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(kept()).toBe(0);
});
