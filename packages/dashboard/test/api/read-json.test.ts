import { expect, it } from 'vitest';
import { TIMES, withIsoTimes } from '../../../runtime/src/iso-times.ts';
import { readJson } from '../../src/api/read-json.ts';

it('reads every time of the admin API', () => {
  const times = Object.fromEntries([...TIMES].map((name, index) => [name, index + 1]));
  expect(readJson(JSON.stringify(withIsoTimes(times)))).toEqual(times);
});
