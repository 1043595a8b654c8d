// Builds the command from the sources of all packages: `dist`, and `proto`, which it reads. docs/adr/0020-command-is-a-bundle.md
// says why.
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { licenses } from './licenses.js';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));

const OURS = /\/packages\/[^/]+\/src\//;

await build({
  // Scripts of this repository read the commands from `program` and `lazy-command`.
  input: {
    main: 'src/main.ts',
    'worker-main': '../gateway/src/workers/worker-main.ts',
    program: 'src/program.ts',
    'lazy-command': 'src/lazy-command.ts',
  },
  platform: 'node',
  logLevel: 'warn',
  // gRPC reads files of its own packages. The dashboard is files. The SDK of OpenTelemetry is installed by operators, and is
  // one with what they have; prom-client needs a part of it in any case.
  external: (id, importer) =>
    /^@(?:grpc\/|rollcall\/dashboard$)/.test(id) ||
    (id.startsWith('@opentelemetry/') && OURS.test(importer ?? '')),
  // The sources of this project's packages, and not what the compiler makes of them.
  resolve: { conditionNames: ['source'] },
  // No module of ours does anything when it is loaded, except for the programs.
  treeshake: { moduleSideEffects: (id) => !OURS.test(id) || /\/(?:worker-)?main\.ts$/.test(id) },
  output: {
    dir: 'dist',
    entryFileNames: '[name].js',
    // All in one folder, where what files look for beside themselves is found.
    chunkFileNames: (chunk) => `${nameOf(chunk)}.js`,
    minify: false,
    minifyInternalExports: false,
  },
  plugins: [
    urlsOfNode(),
    urlParseOfLibraries(),
    licenses(),
    { name: 'tidy', writeBundle: (_options, bundle) => tidy(Object.keys(bundle)) },
  ],
});

/**
 * A plugin that leaves out whatwg-url, whose tables of Unicode are half of what publishing loads: node-fetch uses it on
 * versions of Node that have no URL.
 * @returns {import('rolldown').Plugin}
 */
function urlsOfNode() {
  const id = '\0whatwg-url';
  return {
    name: 'urls-of-node',
    resolveId: (name) => (name === 'whatwg-url' ? id : undefined),
    load: (module) => (module === id ? "export { URL } from 'node:url';" : undefined),
  };
}

/**
 * A plugin by which the SDKs of Pusher go on to use `url.parse` without a warning. Node 24 and newer warn of it (DEP0169) in all code
 * that is not in node_modules, where the SDKs were before they were in the bundle.
 * @returns {import('rolldown').Plugin}
 */
function urlParseOfLibraries() {
  const id = '\0url-of-libraries';
  return {
    name: 'url-parse-of-libraries',
    resolveId: (name, importer) =>
      /^(?:node:)?url$/.test(name) && importer?.includes('/node_modules/') ? id : undefined,
    load: (module) =>
      module === id
        ? `const url = require('node:url');
           const parse = (text, ...rest) => {
             if (text instanceof url.Url) return text;
             const parsed = new url.Url();
             parsed.parse(text, ...rest);
             return parsed;
           };
           module.exports = { ...url, parse };`
        : undefined,
  };
}

/**
 * Names a chunk by the package of its last module, which imports the others, if that module has no name of its own.
 * @param {{ name: string, moduleIds: string[] }} chunk
 */
function nameOf({ name, moduleIds }) {
  const [, folder] = /.*\/(?:node_modules|packages)\/@?([^/]+)/.exec(moduleIds.at(-1) ?? '') ?? [];
  return /^(?:src|dist|esm|lib)$/.test(name) && folder !== undefined ? `${folder}-package` : name;
}

/**
 * Removes files of earlier bundles, and adds the files that it reads.
 * @param {string[]} written
 */
function tidy(written) {
  for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
    if (/\.js(?:\.map)?$/.test(file) && !written.includes(file)) rmSync(join('dist', file));
  }
  cpSync('../gateway/proto', 'proto', { recursive: true });
}
