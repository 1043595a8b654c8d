import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isReachedAt } from '../src/is-reached-at.ts';

describe('a listener', () => {
  it.each([
    ['10.0.0.1', ['10.0.0.1'], ['10.0.0.2', '127.0.0.1']],
    ['127.0.0.1', ['127.0.0.1'], ['127.0.0.2', '::1']],
    ['0:0:0:0:0:0:0:1', ['::1'], ['127.0.0.1']],
    ['FD00::0007', ['fd00::7'], ['fd00::8']],
    ['::ffff:10.0.0.1', ['10.0.0.1'], ['127.0.0.1']],
    ['localhost', ['127.0.0.1', '::1'], ['127.0.0.2']],
  ])('on %s is reached at %j, and not at %j', (host, reached, others) => {
    for (const address of reached) expect(isReachedAt(host, address), address).toBe(true);
    for (const address of others) expect(isReachedAt(host, address), address).toBe(false);
  });

  it.each(['0.0.0.0', '::'])('on %s is reached at all addresses of this machine', (host) => {
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const address of [...all.map((each) => each.address), '127.0.0.1', '127.9.9.9', '::1'])
      expect(isReachedAt(host, address), address).toBe(true);
    expect(isReachedAt(host, '192.0.2.77')).toBe(false);
  });
});
