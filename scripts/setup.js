// Makes a clone ready to run: installs from the lockfiles and builds, but only what has changed.
// `--start` installs only what running needs, `--tests` also what the tests need, `--bench` the proxies that ours is
// compared with. Plain JavaScript, for nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasVenv, PYTHON_CLIENT } from './python.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const forTests = process.argv.includes('--tests');

requireNode();
const lockfile = ['package-lock.json'];
if (process.argv.includes('--start') && !isDone('install', lockfile)) {
  // The workspaces have what running and building need. Checks and tests need the packages of the root, which take twice
  // as long as all others. npm removes stamps of earlier steps with node_modules.
  once('install-workspaces', lockfile, () => npmCi('.', '--workspaces'));
} else {
  once('install', lockfile, () => npmCi('.'));
}
once('build', sourcesOf(['packages', 'services/id-v5']), () => {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], '.');
  removeStaleOutput();
  run(process.execPath, ['bundle.js'], 'packages/cli');
  // npm links the command before it is built, and the bundler does not make it executable.
  chmodSync(join(ROOT, 'packages/cli/dist/main.js'), 0o755);
});
once('build-dashboard', sourcesOf(['packages/dashboard']), () => {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'warn'], 'packages/dashboard');
});
once('build-go', sourcesOf(['services/id-v4', 'clients/go']), buildGo);
if (forTests && process.versions.node.startsWith('20.')) {
  once('install-soketi', ['test/peers/soketi/package-lock.json'], () => npmCi('test/peers/soketi'));
}

if (forTests) {
  once('install-nodes', ['test/nodes/package-lock.json'], () => npmCi('test/nodes'));
}

if (forTests) {
  // It is not in node_modules, where the stamps are.
  if (!hasVenv()) rmSync(stampOf('install-python'), { force: true });
  once('install-python', [`${PYTHON_CLIENT}/requirements-test.txt`], installPython);
}

if (process.argv.includes('--bench')) {
  const folder = 'bench/gateway/peers';
  once('install-bench-peers', [`${folder}/package-lock.json`], () => npmCi(folder));
}

/** Removes what the compiler made of files that are gone: the packages would hold it, too. */
function removeStaleOutput() {
  const folders = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name));
  // The dashboard and the command are bundled, and their bundlers empty their folders.
  for (const folder of folders.filter((each) => !/(?:dashboard|cli)$/.test(each))) {
    for (const file of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
      const source = join(folder, 'src', file.replace(/(?:\.d)?\.[jt]s(?:\.map)?$/, '.ts'));
      const isOutput = /\.[jt]s(?:\.map)?$/.test(file);
      if (isOutput && !existsSync(source)) rmSync(join(folder, 'dist', file));
    }
  }
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Node ${process.versions.node} is too old: Rollcall needs 20.19 or newer`);
}

/**
 * Runs a step unless its inputs are what they were when it last succeeded.
 * @param {string} step
 * @param {string[]} inputs files, from the root
 * @param {() => boolean | void} work returns false if it could not be done here
 */
function once(step, inputs, work) {
  if (isDone(step, inputs) || work() === false) return;
  const stamp = stampOf(step);
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, digest(inputs));
}

/**
 * @param {string} step
 * @param {string[]} inputs files, from the root
 */
function isDone(step, inputs) {
  const stamp = stampOf(step);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest(inputs);
}

/** @param {string} step */
function stampOf(step) {
  return join(ROOT, 'node_modules', '.stamps', step);
}

/** @param {string[]} files */
function digest(files) {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) {
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex');
}

/**
 * What the builds read: sources and the files that say how to build them.
 * @param {string[]} folders
 */
function sourcesOf(folders) {
  const skipped = new Set(['node_modules', 'dist', 'bin', 'test']);
  /** @type {(folder: string) => string[]} */
  const walk = (folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) => {
      const path = `${folder}/${name}`;
      if (skipped.has(name)) return [];
      return statSync(join(ROOT, path)).isDirectory() ? walk(path) : [path];
    });
  const files = folders
    .flatMap(walk)
    .filter((path) => /\.(?:[jt]sx?|json|go|mod|sum|css|html|svg|proto)$/.test(path))
    // The bundle's copy of another package's files.
    .filter((path) => !path.startsWith('packages/cli/proto/'));
  return ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json', ...files].toSorted();
}

/**
 * @param {string} folder
 * @param {string[]} options
 */
function npmCi(folder, ...options) {
  // Install scripts are not needed by any dependency, and are not run.
  run('npm', ['ci', ...options, '--ignore-scripts', '--no-audit', '--no-fund'], folder);
}

function buildGo() {
  if (spawnSync('go', ['version']).error !== undefined) {
    console.log('setup: Go is not on this machine: the services in Go are left out');
    return false;
  }
  run('go', ['build', '-trimpath', '-o', 'bin/id-v4', '.'], 'services/id-v4');
  return true;
}

/** Makes the virtual environment for the tests and checks of the Python client. */
function installPython() {
  const folder = PYTHON_CLIENT;
  const venv = join(ROOT, folder, '.venv');
  rmSync(venv, { recursive: true, force: true });
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status !== 0) {
    console.log('setup: Python with venv is not on this machine: the Python client is left out');
    return false;
  }
  run('python3', ['-m', 'venv', '.venv'], folder);
  const pip = ['install', '--quiet', '--disable-pip-version-check', '-r', 'requirements-test.txt'];
  run(join(venv, 'bin', 'pip'), pip, folder);
  writeFileSync(join(venv, 'complete'), '');
  return true;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} folder
 */
function run(command, args, folder) {
  console.log(`setup: ${[command.split('/').at(-1), ...args].join(' ')} (in ${folder})`);
  const { status, error } = spawnSync(command, args, { cwd: join(ROOT, folder), stdio: 'inherit' });
  if (error !== undefined) fail(`cannot run ${command}: ${error.message}`);
  if (status !== 0) fail(`${command} ended with ${status}: see above`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
