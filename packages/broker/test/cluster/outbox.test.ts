import { expect, it } from 'vitest';
import { UnavailableError } from '../../src/app/unavailable-error.ts';
import { Outbox } from '../../src/cluster/outbox.ts';

interface Sent {
  readonly payloads: readonly string[];
  accept(): void;
  refuse(error: Error): void;
}

/** An outbox, and what it publishes. */
function outbox() {
  const sent: Sent[] = [];
  const withdrawn: unknown[] = [];
  const closing = new AbortController();
  let isConnected = true;
  let now = 0;
  let payloads: readonly string[] = [];
  const made = new Outbox({
    compose: (composed) => {
      payloads = composed;
      return { subject: 's', first: 1, count: composed.length, message: '', sentAt: 0 };
    },
    publish: () =>
      new Promise((resolve, reject) => {
        sent.push({ payloads, accept: resolve, refuse: reject });
      }),
    withdraw: (batch) => withdrawn.push(batch),
    isConnected: () => isConnected,
    closing: closing.signal,
    clock: () => now,
  });
  const disconnect = (): void => {
    isConnected = false;
  };
  const pass = (ms: number): void => void (now += ms);
  return { outbox: made, sent, withdrawn, disconnect, pass, close: () => closing.abort() };
}

it('sends together what comes in one turn, and what comes while a message is on its way', async () => {
  const { outbox: box, sent } = outbox();
  const first = [box.post(1), box.post(2)];
  await expect.poll(() => sent.length).toBe(1);
  const second = [box.post(3), box.post(4)];
  expect(sent).toHaveLength(1);
  sent[0]?.accept();
  await Promise.all(first);
  await expect.poll(() => sent.length).toBe(2);
  sent[1]?.accept();
  await Promise.all(second);
  expect(sent.map(({ payloads }) => payloads)).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
});

it('sends no message that an engine could refuse for its size', async () => {
  const { outbox: box, sent } = outbox();
  const text = 'x'.repeat(100_000);
  const posted = Array.from({ length: 5 }, () => box.post(text));
  for (let index = 0; index < 3; index++) {
    await expect.poll(() => sent.length).toBe(index + 1);
    sent[index]?.accept();
  }
  await Promise.all(posted);
  expect(sent.map(({ payloads }) => payloads.length)).toEqual([2, 2, 1]);
});

it('sends a payload that is larger than a message should be', async () => {
  const { outbox: box, sent } = outbox();
  const posted = [box.post('x'.repeat(300_000)), box.post(2)];
  for (let index = 0; index < 2; index++) {
    await expect.poll(() => sent.length).toBe(index + 1);
    sent[index]?.accept();
  }
  await Promise.all(posted);
  expect(sent.map(({ payloads }) => payloads.length)).toEqual([1, 1]);
});

it('sends a message again whose link was lost, and withdraws one that is refused', async () => {
  const { outbox: box, sent, withdrawn } = outbox();
  const posted = box.post(1);
  await expect.poll(() => sent.length).toBe(1);
  sent[0]?.refuse(new UnavailableError('lost'));
  await expect.poll(() => sent.length).toBe(2);
  sent[1]?.accept();
  await posted;
  const refused = box.post(2);
  await expect.poll(() => sent.length).toBe(3);
  sent[2]?.refuse(new RangeError('too long'));
  await expect(refused).rejects.toThrow('too long');
  expect(withdrawn).toHaveLength(1);
});

it('refuses a message after four seconds in which the link was lost', async () => {
  const { outbox: box, sent, withdrawn, pass } = outbox();
  const posted = box.post(1);
  await expect.poll(() => sent.length).toBe(1);
  pass(4_001);
  sent[0]?.refuse(new UnavailableError('lost'));
  await expect(posted).rejects.toThrow('lost');
  expect([sent.length, withdrawn.length]).toEqual([1, 1]);
});

it('refuses what waits behind a message when the link is lost, and that when the node closes', async () => {
  const { outbox: box, sent, disconnect, close } = outbox();
  const first = box.post(1);
  await expect.poll(() => sent.length).toBe(1);
  const second = box.post(2);
  disconnect();
  close();
  sent[0]?.refuse(new UnavailableError('lost'));
  await expect(first).rejects.toThrow('lost');
  await expect(second).rejects.toThrow('cannot be reached');
  expect(sent).toHaveLength(1);
});
