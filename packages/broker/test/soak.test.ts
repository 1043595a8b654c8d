import { expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { Programs } from '../../../test/support/processes.ts';

const SOAK = fileURLToPath(new URL('../../../bench/broker/soak.js', import.meta.url));

it('loses nothing for a while, as clients come and go', async () => {
  const program = new Programs().node(SOAK, ['--minutes', '0.1']);
  const { code } = await program.ended;
  expect(program.output).toMatch(/ 0 subscribers missed something/);
  expect(code).toBe(0);
});
