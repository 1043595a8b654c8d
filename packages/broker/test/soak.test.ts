import { expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { Programs } from '../../../test/support/processes.ts';

const SOAK = fileURLToPath(new URL('../../../bench/broker/soak.js', import.meta.url));

it('loses no event while clients connect and disconnect', async () => {
  const program = new Programs().node(SOAK, ['--minutes', '0.1']);
  const { code } = await program.ended;
  expect(program.output).toMatch(/ 0 subscribers missed something/);
  expect(code).toBe(0);
});
