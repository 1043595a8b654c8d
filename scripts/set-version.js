// Gives every package, what they need of each other, and all that names it beside them a version:
// npm run set-version -- 0.2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runStep } from './steps.js';

/** Where images are named by it. */
const IMAGES = [
  'deploy/README.md',
  'deploy/kubernetes/broker.yaml',
  'deploy/kubernetes/gateway.yaml',
  'deploy/kubernetes/service-example.yaml',
];

const [version = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(?:-[0-9a-z.-]+)?$/.test(version)) {
  console.error('usage: npm run set-version -- 0.2.0');
  process.exit(2);
}

const { stdout } = runStep(
  'git',
  ['ls-files', 'package.json', 'packages/*/package.json', 'services/*/package.json'],
  {
    output: 'returned',
  },
);
for (const file of stdout.trim().split('\n')) {
  edit(file, (text) =>
    text
      .replace(/^( {2}"version": )"[^"]+"/m, `$1"${version}"`)
      .replace(/("@rollcall\/[a-z0-9-]+": )"[^"]+"/g, `$1"${version}"`),
  );
}
for (const file of ['docs/reference/openapi.yaml', 'docs/reference/broker-openapi.yaml']) {
  edit(file, (text) => text.replace(/^( {2}version: ).*/m, `$1${version}`));
}
for (const file of IMAGES) {
  edit(file, (text) => text.replace(/\b(rollcall(?:-[a-z0-9-]+)?:)\d[0-9a-z.-]*/g, `$1${version}`));
}
edit('deploy/helm/rollcall/Chart.yaml', (text) =>
  text.replace(/^((?:appV|v)ersion: ).*/gm, `$1${version}`),
);
edit('deploy/kubernetes/kustomization.yaml', (text) =>
  text.replace(/^( +newTag: ).*/m, `$1${version}`),
);
edit('clients/python/src/rollcall/_version.py', (text) =>
  text.replace(/^(__version__ = )"[^"]+"/m, `$1"${version}"`),
);
edit('CHANGELOG.md', (text) =>
  text.includes(`## ${version}`) ? text : text.replace(/^## Unreleased$/m, `## ${version}`),
);
const lock = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
process.exitCode = runStep('npm', lock).succeeded ? 0 : 1;

/**
 * @param {string} file
 * @param {(text: string) => string} change
 */
function edit(file, change) {
  const path = join(ROOT, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}
