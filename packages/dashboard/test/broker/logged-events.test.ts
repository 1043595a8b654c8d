import { expect, it } from 'vitest';
import type { BrokerEvent } from '@rollcall/broker';
import { MAX_SHOWN, withBatch } from '../../src/broker/logged-events.ts';

const event = (at: number): BrokerEvent => ({ at, type: 'connected' });

it('shows the newest event first, with how many were left out after it', () => {
  const first = withBatch([], { events: [event(1), event(2)], dropped: 0 });
  const lines = withBatch(first, { events: [event(3)], dropped: 7 });
  expect(lines).toEqual([
    { id: 4, dropped: 7 },
    { id: 3, event: event(3) },
    { id: 2, event: event(2) },
    { id: 1, event: event(1) },
  ]);
});

it('keeps a bounded number', () => {
  const events = Array.from({ length: 2 * MAX_SHOWN }, (_, at) => event(at));
  const lines = withBatch([], { events, dropped: 0 });
  expect(lines).toHaveLength(MAX_SHOWN);
  expect(lines[0]).toMatchObject({ event: { at: 2 * MAX_SHOWN - 1 } });
});
