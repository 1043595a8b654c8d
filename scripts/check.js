// What CI checks besides tests. Each check runs even if one before it failed.
import { checkDocs } from './docs/check.js';
import { checkWords } from './docs/words.js';
import { hasVenv, NO_VENV, PYTHON_CLIENT, venvProgram } from './python.js';
import { runStep, runTool } from './steps.js';

/** @type {[name: string, check: () => boolean | Promise<boolean>][]} */
const checks = [
  [
    'types',
    () =>
      runTool('tsc', ['-b']) &&
      runTool('tsc', ['-p', 'packages/dashboard']) &&
      runTool('tsc', ['-p', 'tsconfig.test.json']),
  ],
  ['lint', () => runTool('oxlint', ['--type-aware', '--deny-warnings'])],
  ['format', () => runTool('oxfmt', ['--check'])],
  ['unused code', () => runTool('knip', [])],
  ['docs', checkDocs],
  ['words', () => checkWords()],
  ['python', checkPython],
];

function checkPython() {
  if (!hasVenv()) {
    console.error(NO_VENV);
    return process.env['CI'] !== 'true';
  }
  return (
    runPython('ruff', 'check', '--quiet') &&
    runPython('ruff', 'format', '--check', '--quiet') &&
    runPython('mypy', '--no-error-summary')
  );
}

/**
 * @param {string} name
 * @param {string[]} args
 */
function runPython(name, ...args) {
  return runStep(venvProgram(name), args, { folder: PYTHON_CLIENT }).succeeded;
}

/** Runs all checks and counts them. */
export async function runChecks() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, check] of checks) {
    const passed = await check();
    console.log(`check: ${name} ${passed ? 'passed' : 'FAILED'}`);
    counts[passed ? 'passed' : 'failed']++;
  }
  return counts;
}

if (process.argv[1] === import.meta.filename) {
  const { failed } = await runChecks();
  process.exitCode = failed === 0 ? 0 : 1;
}
