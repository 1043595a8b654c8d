// Prints the bill of materials of what is shipped, in CycloneDX: npm run --silent sbom >sbom.cdx.json
// In a copy that never had development dependencies: with workspaces, `npm sbom --omit dev` also leaves out
// what both kinds need (npm 11.19).
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { shippedDependencies } from './bundled.js';
import { ROOT, runStep } from './steps.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-sbom-'));
try {
  const { stdout } = runStep(
    'git',
    ['ls-files', 'package.json', 'packages/*/package.json', 'services/*/package.json'],
    { output: 'returned' },
  );
  for (const file of stdout.trim().split('\n')) {
    const manifest = JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
    manifest.dependencies = shippedDependencies(manifest);
    delete manifest.devDependencies;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), JSON.stringify(manifest));
  }
  for (const file of ['package-lock.json', '.npmrc']) {
    copyFileSync(join(ROOT, file), join(folder, file));
  }
  npm(['install', '--package-lock-only', '--ignore-scripts', '--offline', '--silent']);
  process.stdout.write(
    npm([
      'sbom',
      '--package-lock-only',
      '--sbom-format',
      'cyclonedx',
      '--sbom-type',
      'application',
    ]),
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string[]} args */
function npm(args) {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`);
  return stdout;
}
