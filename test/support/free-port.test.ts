import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const PICK = `
  import { freePort } from '${new URL('free-port.js', import.meta.url).href}';
  const ports = [];
  while (ports.length < 500) ports.push(await freePort());
  console.log(JSON.stringify(ports));
  // Until each of the others has picked, too.
  process.stdin.resume();
`;

it('gives no port twice, to any process, and none that the system gives', async () => {
  const picks = Array.from({ length: 4 }, async () => {
    const picking = run(process.execPath, ['--input-type=module', '-e', PICK]);
    let output = '';
    await new Promise<void>((resolve) =>
      picking.child.stdout?.on('data', (data) => {
        output += String(data);
        if (output.endsWith('\n')) resolve();
      }),
    );
    return { ports: JSON.parse(output) as number[], child: picking.child, ended: picking };
  });
  const picked = await Promise.all(picks);
  for (const { child } of picked) child.stdin?.end();
  await Promise.all(picked.map(({ ended }) => ended));
  const ports = picked.flatMap((one) => one.ports);
  expect(new Set(ports).size).toBe(2000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});
