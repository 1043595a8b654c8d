import { expect, it } from 'vitest';
import { withDeadline } from '../src/deadline.ts';

const late = (): Error => new Error('late');

it('resolves or rejects as the work does', async () => {
  expect(await withDeadline(Promise.resolve(1), 10_000, late)).toBe(1);
  await expect(withDeadline(Promise.reject(new Error('no')), 10_000, late)).rejects.toThrow('no');
});

it('rejects if the work takes longer', async () => {
  await expect(withDeadline(new Promise(() => {}), 1, late)).rejects.toThrow('late');
});
