// Runs tests with later versions of Node than the one that runs this. These programs come from npm: `npm ci` in this folder.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const run = promisify(execFile);

const END_TO_END = [
  'test/e2e/walkthrough.test.ts',
  'test/e2e/run.test.ts',
  'test/e2e/plugins/plugins.test.ts',
  'test/e2e/workers.test.ts',
];
/** What stands on modules of Node, as its sockets, HTTP, TLS and processes. What decides and parses is the same on each. */
const ON_NODE = [
  '--project=all',
  'packages/broker/test/server',
  'packages/broker/test/session',
  'packages/client/',
  'packages/gateway/test/certificates',
  'packages/gateway/test/workers',
  'packages/proxy/',
  'packages/runtime/',
  'services',
];

/** What is tried on each version: of the latest, which has changed the most, also what the command is made of. */
const TESTS = {
  22: END_TO_END,
  24: END_TO_END,
  26: [...ON_NODE, ...END_TO_END],
} as const;

/** What Vitest sets for its tests. */
const OF_VITEST = /^(?:VITEST\w*|TEST|NODE_ENV|MODE|DEV|PROD|SSR|BASE_URL)$/;

/** The environment of the Vitest that runs this, such as the certificates by which npm trusts its registry. */
function outerEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_VITEST.test(name)));
}

const OPTIONS = { timeout: 1_800_000 };

function triesVersion(version: keyof typeof TESTS): void {
  const bin = join(ROOT, `test/nodes/node_modules/node${version}/bin`);
  const node = join(bin, 'node');
  const isInstalled = existsSync(node);
  if (!isInstalled) console.log(`Node ${version} is not installed: run npm ci in test/nodes`);

  it.skipIf(!isInstalled)(
    'programs do what they do on any other, without warnings',
    OPTIONS,
    async ({ expect }) => {
      // Programs that start "node" find this version, too.
      const env = { ...outerEnvironment(), PATH: bin + delimiter + (process.env['PATH'] ?? '') };
      const { stdout: name } = await run('node', ['--version'], { env });
      expect(name).toMatch(new RegExp(`^v${version}\\.`));
      const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
      const options = { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 };
      const failures = await run(node, [vitest, 'run', ...TESTS[version]], options).then(
        () => '',
        (error: { readonly stdout: string; readonly stderr: string }) =>
          error.stdout + error.stderr,
      );
      expect(failures.slice(-20_000)).toBe('');
    },
  );
}

// These wait more than they compute, so two go together.
describe.concurrent('on Node 22', () => triesVersion(22));
describe.concurrent('on Node 24', () => triesVersion(24));
describe('on Node 26', () => triesVersion(26));
