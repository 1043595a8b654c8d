// Breaks each rule of the protocol, one at a time, in a copy, and checks that a test or the simulator fails. A mutant
// that survives is a rule that no test holds. With arguments, breaks only rules whose file or text contains one of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTANTS } from '../test/mutants/protocol.js';
import { ROOT } from './steps.js';

const TIMEOUT_MS = 300_000;

const words = process.argv.slice(2);
const mutants = MUTANTS.filter(
  ({ rule, file }) => words.length === 0 || words.some((word) => `${file} ${rule}`.includes(word)),
);
const folder = mkdtempSync(join(tmpdir(), 'rollcall-mutants-'));
copyProject();
let alive = 0;
if (!(await testsPass())) {
  rmSync(folder, { recursive: true });
  console.error('the tests fail without a mutant');
  process.exit(1);
}
for (const { rule, file, from, to } of mutants) {
  const path = join(folder, 'packages/protocol/src', file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) {
    console.log(`stale    ${rule}: ${file} no longer has this line`);
    alive++;
    continue;
  }
  writeFileSync(path, source.replace(from, to));
  const survived = await testsPass();
  writeFileSync(path, source);
  console.log(`${survived ? 'ALIVE  ' : 'killed '}  ${rule}`);
  if (survived) alive++;
}
rmSync(folder, { recursive: true });
console.log(`${mutants.length} mutants, ${alive} alive`);
process.exitCode = alive === 0 ? 0 : 1;

/** The parts that the protocol's tests need, with packages linked, and the protocol itself a copy. */
function copyProject() {
  const parts = ['packages/protocol', 'conformance', 'test/simulation', 'test/support'];
  for (const part of [...parts, 'vitest.config.ts', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      // The simulation of rollouts is the gateway's.
      filter: (path) =>
        !/\/(?:node_modules|dist|rollouts(?:\.test\.ts)?)(?:\/|$)/.test(
          path.slice(ROOT.length - 1),
        ),
    });
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@rollcall'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@rollcall') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(folder, 'packages/protocol'), join(modules, '@rollcall/protocol'));
}

/** A mutant may loop for ever: then its tests, which are a group of processes, are ended, and have failed. */
async function testsPass() {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  // On a busy machine a slow test must not count as one that fails.
  const timeout = ['--testTimeout', String(TIMEOUT_MS)];
  const args = [vitest, 'run', '--root', folder, '--bail', '1', '--reporter', 'dot', ...timeout];
  const tests = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', detached: true });
  const timer = setTimeout(() => {
    if (tests.pid !== undefined) process.kill(-tests.pid, 'SIGKILL');
  }, TIMEOUT_MS);
  const [code] = await once(tests, 'exit');
  clearTimeout(timer);
  return code === 0;
}
