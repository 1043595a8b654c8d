// The licences of the packages that the bundle holds, which have to travel with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the package that a file belongs to, by the last node_modules in its path. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/**
 * A plugin that adds the file THIRD-PARTY-LICENSES.
 * @returns {import('rolldown').Plugin}
 */
export function licenses() {
  return {
    name: 'licenses',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).flatMap((each) =>
        each.type === 'chunk' ? each.moduleIds : [],
      );
      const folders = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []));
      const source = [...folders]
        .map(licenseOf)
        .toSorted()
        .join(`\n${'-'.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES', source });
    },
  };
}

/** @param {string} folder */
function licenseOf(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const file = readdirSync(folder).find((each) => /^licen[sc]e/i.test(each));
  const text =
    file === undefined ? mitOf(name, license, author) : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/**
 * The text of the MIT license, which is ours, for a package that only names it.
 * @param {string} name
 * @param {string} license
 * @param {string | { name: string } | undefined} author
 */
function mitOf(name, license, author) {
  if (license !== 'MIT') throw new Error(`${name} has no file of its license`);
  const holder = typeof author === 'string' ? author : (author?.name ?? `the authors of ${name}`);
  return readFileSync('LICENSE', 'utf8').replace(/^Copyright .*$/m, `Copyright (c) ${holder}`);
}
