import { expect, test } from 'vitest';
import { logNodeInternals } from '../src/log-node-internals.ts';
import { loggerTo } from '../../../test/support/log.ts';

test('a version of Node without an internal that the proxy uses is logged by the name of what is missing', () => {
  const lines: string[] = [];
  logNodeInternals({ directWrite: true, directRead: false, immediateReset: true }, loggerTo(lines));
  expect(lines).toEqual([
    expect.stringMatching(/requests cost more CPU missing=directRead node=v/),
  ]);
});

test('what the proxy found in Node is logged for debugging', () => {
  const lines: string[] = [];
  logNodeInternals({ directWrite: true, directRead: true, immediateReset: true }, loggerTo(lines));
  expect(lines[0]).toMatch(/^found the internals of Node .*directWrite=true/);
});
