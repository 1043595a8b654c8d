import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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

describe('the version, which package.json of the root has', () => {
  it('is that of every package, and of what they need of each other', () => {
    for (const { folder, manifest } of packages) {
      expect(manifest.version, folder).toBe(version);
      const ours = Object.entries(manifest.dependencies ?? {}).filter(([name]) =>
        name.startsWith('@rollcall/'),
      );
      for (const [name, wanted] of ours) expect(wanted, `${name} of ${folder}`).toBe(version);
    }
  });

  it('is what the command says', () => {
    expect(printed(process.execPath, [PROGRAMS.cli, '--version'])).toBe(`${version}\n`);
  });

  it('is that of the admin API, and of every image that is named', () => {
    expect(read('docs/reference/openapi.yaml')).toContain(`\n  version: ${version}\n`);
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

  it('is the first of the changelog, below what is not released yet', () => {
    expect(/^## (?!Unreleased)([^\s,]+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version);
  });
});

describe('npm run sbom', () => {
  it('prints every package that is shipped, and whatever they need, in CycloneDX', () => {
    const sbom = JSON.parse(printed('npm', ['run', '--silent', 'sbom'])) as {
      bomFormat: string;
      components: { 'bom-ref': string }[];
    };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const listed = sbom.components.map((each) => each['bom-ref'].replace(/@[^@]*$/, ''));
    for (const { manifest } of packages) {
      expect(listed).toEqual(
        expect.arrayContaining([manifest.name, ...Object.keys(manifest.dependencies ?? {})]),
      );
    }
    expect(listed).not.toContain('vitest');
  });
});
