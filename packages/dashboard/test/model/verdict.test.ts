import { expect, it } from 'vitest';
import { parseVerdict } from '../../src/model/verdict.ts';

it.each([
  ['to 2 of 2 instances of /v1', 'good', 'to 2 of 2 instances of /v1', ''],
  ['nowhere (404): no service has it', 'bad', 'nowhere (404)', 'no service has it'],
  [
    'to 1 of 1 instances of /v1: none is healthy',
    'warning',
    'to 1 of 1 instances of /v1',
    'none is healthy',
  ],
  [
    'to 1 of 1 instances of /; the gateway is not connected',
    'warning',
    'to 1 of 1 instances of /',
    'the gateway is not connected',
  ],
])('"%s" has the tone %s and the parts "%s" and "%s"', (verdict, tone, head, rest) => {
  expect(parseVerdict(verdict)).toEqual({ tone, head, rest });
});
