// Runs the end-to-end tests with a later version of Node than the suite itself. These programs come from npm: `npm ci` in this
// folder. CONTRIBUTING.md says how to run the whole suite on one of them.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const run = promisify(execFile);

const END_TO_END = [
  'test/e2e/walkthrough.test.ts',
  'test/e2e/run.test.ts',
  'test/e2e/plugins/plugins.test.ts',
  'test/e2e/workers.test.ts',
];
const OPTIONS = { timeout: 900_000 };

/** The others that are installed are for `PATH`, as CONTRIBUTING.md shows: each takes some minutes. */
const VERSIONS = [22];

describe.each(VERSIONS)('on Node %i', (version) => {
  const bin = join(ROOT, `test/nodes/node_modules/node${version}/bin`);
  const node = join(bin, 'node');
  const isInstalled = existsSync(node);
  if (!isInstalled) console.log(`Node ${version} is not installed: run npm ci in test/nodes`);

  it.skipIf(!isInstalled)(
    'programs do what they do on any other, without warnings',
    OPTIONS,
    async () => {
      const { PATH = '', HOME = '' } = process.env;
      // Not the environment of the Vitest that runs this. Programs that start "node" find this version, too.
      const env = { PATH: bin + delimiter + PATH, HOME };
      const { stdout: name } = await run('node', ['--version'], { env });
      expect(name).toMatch(new RegExp(`^v${version}\\.`));
      const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
      const options = { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 };
      const ended = await run(node, [vitest, 'run', ...END_TO_END], options).catch(
        (error: unknown) => error,
      );
      expect(ended).not.toBeInstanceOf(Error);
    },
  );
});
