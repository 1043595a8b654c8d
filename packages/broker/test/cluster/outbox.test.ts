import { expect, it } from 'vitest';
import type { Batch } from '../../src/cluster/broadcast/sent-stream.ts';
import { Outbox } from '../../src/cluster/outbox.ts';

const MAX_MESSAGE_BYTES = 2 ** 20;

it('says large payloads in messages that an engine takes, in order', async () => {
  const batches: (readonly unknown[])[] = [];
  const outbox = new Outbox({
    compose: (payloads): Batch => {
      const first = batches.flat().length + 1;
      batches.push(payloads);
      return { subject: 'app.1', first, count: payloads.length, message: '', sentAt: 0 };
    },
    publish: () => Promise.resolve(),
    withdraw: () => {},
    clock: () => 0,
  });
  const payloads = Array.from({ length: 300 }, (_, index) => `${index}${'\u20ac'.repeat(3_000)}`);
  await Promise.all(payloads.map((payload) => outbox.post(payload)));
  expect(batches.flat()).toEqual(payloads);
  const sizes = batches.map((batch) => Buffer.byteLength(JSON.stringify(batch)));
  expect(Math.max(...sizes)).toBeLessThan(MAX_MESSAGE_BYTES);
  expect(batches.length, 'many go together').toBeLessThan(10);
});
