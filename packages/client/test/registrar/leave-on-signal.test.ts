import { expect, it, vi } from 'vitest';
import type * as Runtime from '@rollcall/runtime';
import { leaveOnSignal } from '../../src/registrar/leave-on-signal.ts';

const { add } = vi.hoisted(() => ({ add: vi.fn() }));
vi.mock('@rollcall/runtime', async (importOriginal) => ({
  ...(await importOriginal<typeof Runtime>()),
  shutdown: { add },
}));

it('does not wait for an auth server that hangs, and does not blame the broker', async () => {
  vi.useFakeTimers();
  leaveOnSignal({ leave: () => new Promise(() => {}), close: () => {} });
  const [{ leave }] = add.mock.calls[0] as [{ leave: () => Promise<void> }];
  const left = expect(leave()).rejects.toThrow('or the auth server');
  await vi.advanceTimersByTimeAsync(3000);
  await left;
  vi.useRealTimers();
});
