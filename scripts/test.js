// Runs every test, in TypeScript, Go and Python, and the checks; ends with one line that counts them all.
// With arguments, only the TypeScript tests whose files match, such as `npm test -- packages/broker`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './check.js';
import { hasVenv, NO_VENV, PYTHON_CLIENT, venvProgram } from './python.js';
import { runStep, runTool } from './steps.js';

const GO_MODULES = ['clients/go', 'services/id-v4'];
const inCi = process.env['CI'] === 'true';
const filters = process.argv.slice(2);

const total = { passed: 0, failed: 0, skipped: 0 };
if (filters.length === 0) add(await runChecks());
add(runVitest());
if (filters.length === 0) add(runGo());
if (filters.length === 0) add(runPython());

if (inCi && total.skipped > 0) {
  console.error(`${total.skipped} tests were skipped: in CI each must run`);
  total.failed += total.skipped;
  total.skipped = 0;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  const report = join(folder, 'vitest.json');
  const succeeded = runTool('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  const counts = {
    passed: result.numPassedTests,
    failed: result.numFailedTests,
    skipped: result.numPendingTests + result.numTodoTests,
  };
  // A file that does not load has no failed test, and yet the run has failed.
  if (!succeeded && counts.failed === 0) counts.failed = 1;
  return counts;
}

function runGo() {
  if (spawnSync('go', ['version']).error !== undefined) {
    console.error(
      'Go is not on this machine: the Go tests are skipped; install Go 1.24 or newer to run them',
    );
    return { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1 };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const folder of GO_MODULES) {
    const { stdout, succeeded } = runStep('go', ['test', '-json', './...'], {
      folder,
      output: 'returned',
    });
    const before = counts.failed;
    for (const line of stdout.split('\n')) countGoEvent(line, counts);
    if (!succeeded && counts.failed === before) counts.failed++;
    console.log(`go test ${folder}: ${succeeded ? 'passed' : 'FAILED'}`);
  }
  return counts;
}

/**
 * @param {string} line one event of `go test -json`
 * @param {{ passed: number, failed: number, skipped: number }} counts
 */
function countGoEvent(line, counts) {
  if (!line.startsWith('{')) return;
  const { Action: action, Test: test, Output: output } = JSON.parse(line);
  if (
    action === 'build-output' ||
    (action === 'output' && /^\s*(?:---? FAIL|panic:|\S+_test\.go:\d+)/.test(output))
  ) {
    process.stdout.write(output);
  }
  if (test === undefined) return;
  if (action === 'pass') counts.passed++;
  if (action === 'fail') counts.failed++;
  if (action === 'skip') counts.skipped++;
}

function runPython() {
  if (!hasVenv()) {
    console.error(NO_VENV);
    return { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1 };
  }
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  const report = join(folder, 'pytest.xml');
  const { succeeded } = runStep(venvProgram('python'), ['-m', 'pytest', `--junitxml=${report}`], {
    folder: PYTHON_CLIENT,
  });
  const [suite = ''] = /<testsuite [^>]*>/.exec(readReport(report)) ?? [];
  rmSync(folder, { recursive: true });
  /** @type {(name: string) => number} */
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const skipped = count('skipped');
  const failed = count('failures') + count('errors');
  const counts = { passed: count('tests') - failed - skipped, failed, skipped };
  // A file that does not load, or an interpreter that ends, may leave no failed test.
  if (!succeeded && counts.failed === 0) counts.failed = 1;
  console.log(`pytest ${PYTHON_CLIENT}: ${succeeded ? 'passed' : 'FAILED'}`);
  return counts;
}

/** @param {string} file */
function readReport(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {{ passed: number, failed: number, skipped: number }} counts */
function add(counts) {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
