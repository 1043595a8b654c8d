import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a command in the project and returns whether it succeeded.
 * @param {string} command
 * @param {string[]} args
 * @param {{ folder?: string, output?: 'shown' | 'returned' }} [options]
 */
export function runStep(command, args, { folder = '.', output = 'shown' } = {}) {
  const result = spawnSync(command, args, {
    cwd: new URL(`../${folder}/`, import.meta.url),
    stdio: output === 'shown' ? 'inherit' : ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return { succeeded: result.status === 0, stdout: result.stdout ?? '' };
}

/**
 * Runs the program of an installed package.
 * @param {string} name
 * @param {string[]} args
 */
export function runTool(name, args) {
  return runStep(`${ROOT}node_modules/.bin/${name}`, args).succeeded;
}
