// Copies a workspace to the folder app of an image's files, as an installation has it: with the packages that it needs when it
// runs, and without what only compilers read. All files of the image get the time in SOURCE_DATE_EPOCH, so that two builds
// are alike.
//   node scripts/ship.js @rollcall/cli /out
import { spawnSync } from 'node:child_process';
import { cpSync, lutimesSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const [, , workspace = '', image = ''] = process.argv;
const app = join(image, 'app');
const time = Number(process.env['SOURCE_DATE_EPOCH'] ?? 0);

for (const folder of installedFolders()) {
  const from = relative('.', folder);
  cpSync(from, join(app, from), { recursive: true, dereference: true, filter: isForRunning });
}
linkCommands();
setTimes(image);

/** The workspace and all packages below it, each in node_modules. */
function installedFolders() {
  const options = ['ls', '--all', '--omit=dev', '--parseable', `--workspace=${workspace}`];
  const { status, stdout, stderr } = spawnSync('npm', options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [, ...folders] = stdout.trim().split('\n');
  return folders;
}

/** @param {string} path */
function isForRunning(path) {
  const isSource = /^node_modules\/@rollcall\/[^/]+\/(?:src|test|node_modules)$/.test(path);
  return !isSource && !/\.(?:[cm]?ts|tsbuildinfo|map)$/.test(path);
}

/** Links the commands of the workspace, as npm does. */
function linkCommands() {
  const { bin = {} } = JSON.parse(readFileSync(`node_modules/${workspace}/package.json`, 'utf8'));
  const folder = join(app, 'node_modules/.bin');
  mkdirSync(folder, { recursive: true });
  for (const [name, file] of Object.entries(bin)) {
    symlinkSync(`../${workspace}/${file}`, join(folder, name));
  }
}

/** @param {string} folder */
function setTimes(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lutimesSync(join(folder, name), time, time);
  }
  lutimesSync(folder, time, time);
}
