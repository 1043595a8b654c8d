import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface TsConfig {
  readonly references?: readonly { readonly path: string }[];
}

const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
const [, table = ''] = /^Imports between packages[^]*?\n\n([^]*?)\n\n/m.exec(page) ?? [];
const folders = readdirSync(join(ROOT, 'packages'));

/** The packages that ARCHITECTURE.md says a package imports, by package. */
const documented = new Map(
  [...table.matchAll(/^\| ([a-z]+) \| ?([a-z, ()]*)\|$/gm)]
    .filter(([, name]) => name !== 'package')
    .map(([, name = '', imports = '']) => [
      name,
      (imports.replace('(types only)', '').match(/[a-z]+/g) ?? []).toSorted(),
    ]),
);

/** The packages of this project among these dependencies. */
const rooms = (dependencies: Readonly<Record<string, string>>): string[] =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith('@rollcall/'))
    .map((name) => name.slice('@rollcall/'.length));

const read = (folder: string, file: string): string =>
  readFileSync(join(ROOT, 'packages', folder, file), 'utf8');
const manifestOf = (folder: string): Manifest =>
  JSON.parse(read(folder, 'package.json')) as Manifest;

describe('the packages in ARCHITECTURE.md', () => {
  it('are exactly the packages of the workspace', () => {
    expect([...documented.keys()].toSorted()).toEqual(folders.toSorted());
  });

  it.each(folders)('%s has the dependencies of the table', (folder) => {
    const { dependencies, devDependencies } = manifestOf(folder);
    const names = rooms({ ...dependencies, ...devDependencies }).filter(
      (name) => !name.startsWith('id-'),
    );
    expect(names.toSorted()).toEqual(documented.get(folder));
  });

  it.each(folders)('%s does not depend on an example service', (folder) => {
    const { dependencies = {} } = manifestOf(folder);
    expect(rooms(dependencies).filter((name) => name.startsWith('id-'))).toEqual([]);
  });

  it.each(folders)('%s references only its dependencies in tsconfig.json', (folder) => {
    const { references = [] } = JSON.parse(read(folder, 'tsconfig.json')) as TsConfig;
    const names = references.map(({ path }) => basename(path));
    const packages = names.filter((name) => folders.includes(name));
    expect(documented.get(folder)).toEqual(expect.arrayContaining(packages));
  });
});
