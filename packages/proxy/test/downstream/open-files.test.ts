import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { maxClientConnections } from '../../src/downstream/open-files.ts';

it.each([
  [1024, 896],
  [256, 128],
  [64, 32],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])('of %d open files, %d may be connections of clients', (openFiles, connections) => {
  expect(maxClientConnections(openFiles)).toBe(connections);
});

it.skipIf(process.platform !== 'linux')('the limit is that of the process', () => {
  const module = fileURLToPath(new URL('../../dist/downstream/open-files.js', import.meta.url));
  const script = `import(${JSON.stringify(module)}).then((m) => console.log(m.maxOpenFiles()))`;
  const command = `ulimit -n 200; exec "${process.execPath}" -e '${script}'`;
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe('200\n');
});
