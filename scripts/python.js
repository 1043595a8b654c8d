// The Python of this clone: a virtual environment with what the tests and checks of clients/python need.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.js';

export const PYTHON_CLIENT = 'clients/python';
const VENV = join(ROOT, PYTHON_CLIENT, '.venv');

/** Whether `npm run setup -- --tests` has made it. */
export function hasVenv() {
  // The last step of installing makes it complete.
  return existsSync(join(VENV, 'complete'));
}

/**
 * A program of the environment.
 * @param {string} name
 */
export function venvProgram(name) {
  return join(VENV, 'bin', name);
}

export const NO_VENV =
  'clients/python has no virtual environment: its tests and checks are skipped; install Python 3.10 or newer with venv (apt-get install python3-venv), and run npm run setup -- --tests';
