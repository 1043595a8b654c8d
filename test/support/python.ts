import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasVenv, venvProgram } from '../../scripts/python.js';
import type { Environment, Programs, RunningProgram } from './processes.ts';

/** Whether the virtual environment of the Python client is there: npm run setup -- --tests. */
export const hasPythonClient: boolean = hasVenv() && existsSync(venvProgram('python'));

const SERVICES = fileURLToPath(new URL('../e2e/python', import.meta.url));
const CLIENT = fileURLToPath(new URL('../../clients/python/src', import.meta.url));

/**
 * A web server of Python with a service of test/e2e/python, on a port.
 * @param module the name of the file, such as `flask_app`
 */
export interface PythonServer {
  readonly module: string;
  readonly server: 'uvicorn' | 'gunicorn' | 'hypercorn';
  readonly args?: readonly string[];
  readonly env?: Environment;
}

/** Starts a program of test/e2e/python. */
export function pythonProgram(
  programs: Programs,
  args: readonly string[],
  env: Environment,
): RunningProgram {
  return programs.file(venvProgram('python'), [...args], {
    PYTHONPATH: `${CLIENT}:${SERVICES}`,
    PYTHONDONTWRITEBYTECODE: '1',
    ...env,
  });
}

/** Starts a service in Python. It is registered some time later. */
export function pythonService(
  programs: Programs,
  { module, server, args = [], env = {} }: PythonServer,
  port: number,
  more: Environment,
): RunningProgram {
  const listen = server === 'uvicorn' ? ['--port', String(port)] : ['--bind', `127.0.0.1:${port}`];
  const command = ['-m', server, ...listen, ...args, `${module}:app`];
  return pythonProgram(programs, command, { PORT: String(port), ...env, ...more });
}
