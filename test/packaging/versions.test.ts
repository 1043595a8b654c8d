import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedDependencies } from '../../scripts/bundled.js';
import { ROOT } from '../support/document.ts';
import { publishedPackages, readManifest } from '../support/packages.ts';
import { PROGRAMS } from '../support/processes.ts';

const { version } = readManifest('.');
const packages = publishedPackages();
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What a command of this repository prints. */
function printed(command: string, args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe('the version in the root package.json', () => {
  it('is the version of every package, and of their dependencies on each other', () => {
    for (const { folder, manifest } of packages) {
      expect(manifest.version, folder).toBe(version);
      const ours = Object.entries(manifest.dependencies ?? {}).filter(([name]) =>
        name.startsWith('@rollcall/'),
      );
      for (const [name, wanted] of ours) expect(wanted, `${name} of ${folder}`).toBe(version);
    }
  });

  it('is printed by rollcall --version', () => {
    expect(printed(process.execPath, [PROGRAMS.cli, '--version'])).toBe(`${version}\n`);
  });

  it('is the version of the admin APIs, and of every image', () => {
    for (const name of ['openapi.yaml', 'broker-openapi.yaml'])
      expect(read(`docs/reference/${name}`)).toContain(`\n  version: ${version}\n`);
    const folder = 'deploy/kubernetes';
    const files = [
      'deploy/README.md',
      ...readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
    ];
    const images = files.flatMap((file) => [
      ...read(file).matchAll(/\brollcall(?:-[a-z0-9-]+)?:(\d\S*)/g),
    ]);
    expect(images.length).toBeGreaterThan(0);
    for (const [image, tag] of images) expect(tag, image).toBe(version);
  });

  it('is the latest in the changelog', () => {
    expect(/^## (?!Unreleased)([^\s,]+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version);
  });
});

describe('npm run sbom', () => {
  it('prints every shipped package with its dependencies in CycloneDX', () => {
    const sbom = JSON.parse(printed('npm', ['run', '--silent', 'sbom'])) as {
      bomFormat: string;
      components: { 'bom-ref': string }[];
    };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const listed = sbom.components.map((each) => each['bom-ref'].replace(/@[^@]*$/, ''));
    for (const { manifest } of packages) {
      expect(listed).toEqual(
        expect.arrayContaining([manifest.name, ...Object.keys(shippedDependencies(manifest))]),
      );
    }
    for (const tool of ['vitest', 'rolldown', 'typescript']) expect(listed).not.toContain(tool);
    const licenses = read('packages/cli/dist/THIRD-PARTY-LICENSES');
    const bundled = [...licenses.matchAll(/^(\S+) (\d\S*) \([\w.-]+\)$/gm)];
    expect(bundled.length).toBeGreaterThan(0);
    expect(sbom.components.map((each) => each['bom-ref'])).toEqual(
      expect.arrayContaining(bundled.map(([, name = '', each = '']) => `${name}@${each}`)),
    );
  });
});
