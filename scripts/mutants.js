// Breaks each rule of the protocol and of a broker cluster, one at a time, in a copy, and checks that a test or the simulator
// fails. A mutant that survives is a rule that no test holds. With arguments, breaks only rules whose target, file or text
// contains one of them.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
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
import { TARGETS } from '../test/mutants/targets.js';
import { ROOT } from './steps.js';

/** @typedef {import('../test/mutants/targets.js').Target} Target */

/** What a mutant prevents is waited for no longer. */
const POLL_MS = 4_000;

const words = process.argv.slice(2);
let count = 0;
let alive = 0;
for (const target of TARGETS) await breakRules(target);
console.log(`${count} mutants, ${alive} alive`);
process.exitCode = alive === 0 ? 0 : 1;

/** @param {Target} target */
async function breakRules(target) {
  const mutants = target.mutants.filter(
    ({ rule, file }) =>
      words.length === 0 ||
      words.some((word) => `${target.name} ${target.source}/${file} ${rule}`.includes(word)),
  );
  if (mutants.length === 0) return;
  const folder = copyProject(target);
  try {
    if (!(await testsPass(target, folder, target.tests))) {
      throw new Error(`the tests of ${target.name} fail without a mutant`);
    }
    for (const mutant of mutants) {
      const verdict = await breakRule(target, folder, mutant);
      console.log(`${verdict.padEnd(8)} ${mutant.rule}`);
      count += 1;
      if (verdict !== 'killed') alive += 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {Target} target
 * @param {string} folder
 * @param {import('../test/mutants/targets.js').Mutant} mutant
 */
async function breakRule(target, folder, { file, from, to, tests = target.tests }) {
  const path = join(folder, target.source, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) return 'stale';
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const survived = await testsPass(target, folder, tests);
  writeFileSync(path, source);
  return survived ? 'ALIVE' : 'killed';
}

/**
 * Copies the parts that the tests of a target need. Other packages are linked.
 * @param {Target} target
 */
function copyProject({ parts, build }) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-mutants-'));
  // The simulation of rollouts is the gateway's.
  const left = build === undefined ? 'node_modules|dist|rollouts(?:\\.test\\.ts)?' : 'node_modules';
  const isLeft = new RegExp(`/(?:${left})(?:/|$)`);
  for (const part of [...parts, 'vitest.config.ts', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !isLeft.test(path.slice(ROOT.length - 1)),
    });
  }
  const modules = join(folder, 'node_modules');
  const own = join(modules, '@rollcall');
  mkdirSync(own, { recursive: true });
  for (const each of readdirSync(join(ROOT, 'node_modules'))) {
    if (each !== '@rollcall') symlinkSync(join(ROOT, 'node_modules', each), join(modules, each));
  }
  for (const each of readdirSync(join(ROOT, 'packages'))) {
    const path = join(folder, 'packages', each);
    if (!existsSync(path)) symlinkSync(join(ROOT, 'packages', each), path);
    symlinkSync(path, join(own, each));
  }
  return folder;
}

/**
 * A mutant may loop for ever: then its tests, which are a group of processes, are ended, and have failed.
 * @param {Target} target
 * @param {string} folder
 * @param {readonly string[]} tests
 */
async function testsPass({ build, env, timeoutMs }, folder, tests) {
  if (build !== undefined) execFileSync(process.execPath, [join(folder, build)], { cwd: folder });
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  // On a busy machine a slow test must not count as one that fails.
  const timeout = ['--testTimeout', String(timeoutMs)];
  const poll = ['--expect.poll.timeout', String(POLL_MS)];
  const options = ['--root', folder, '--bail', '1', '--reporter', 'dot', ...timeout, ...poll];
  const running = spawn(process.execPath, [vitest, 'run', ...options, ...tests], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const timer = setTimeout(() => {
    if (running.pid !== undefined) process.kill(-running.pid, 'SIGKILL');
  }, timeoutMs);
  const [code] = await once(running, 'exit');
  clearTimeout(timer);
  return code === 0;
}
