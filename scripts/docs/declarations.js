// Reads what a package exports from its compiled declarations (`dist/*.d.ts`): names, signatures and docstrings.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { ROOT } from '../steps.js';

/**
 * @typedef {{ name: string, doc: string, signature: string, kind: 'property' | 'method', isOptional: boolean,
 *   type: string }} Member
 * @typedef {{ name: string, kind: 'function' | 'class' | 'interface' | 'type' | 'constant', doc: string,
 *   signature: string, members: Member[], events: Member[] }} Declaration
 * @typedef {import('oxc-parser').Comment} Comment
 * @typedef {{ path: string, source: string, body: any[], comments: Comment[] }} Module
 */

/** @type {Map<string, Module>} */
const modules = new Map();

/**
 * The exports of a module, in the order in which it lists them.
 * @param {string} path of a `.d.ts` file
 * @returns {Declaration[]}
 */
export function exportsOf(path) {
  return exportedNames(path).map(([name, local, from]) => {
    const declaration = find(from, local);
    if (declaration === undefined) throw new Error(`${path} exports ${name}, which ${from} lacks`);
    return { ...declaration, name };
  });
}

/**
 * @param {string} path
 * @returns {[name: string, local: string, from: string][]}
 */
function exportedNames(path) {
  return load(path).body.flatMap((statement) => {
    if (statement.type === 'ExportAllDeclaration') {
      return exportedNames(target(path, statement.source.value));
    }
    if (statement.type !== 'ExportNamedDeclaration') return [];
    if (statement.declaration !== null) {
      return namesIn(statement.declaration).map((/** @type {string} */ name) => [name, name, path]);
    }
    const from = statement.source === null ? path : target(path, statement.source.value);
    return statement.specifiers.map((/** @type {any} */ { local, exported }) => [
      exported.name,
      local.name,
      from,
    ]);
  });
}

/**
 * The declaration of a name in a module, also if that has it from another.
 * @param {string} path
 * @param {string} name
 * @returns {Declaration | undefined}
 */
function find(path, name) {
  const module = load(path);
  // A function has one for each of its overloads.
  const [first, ...others] = module.body
    .filter((statement) => namesIn(statement.declaration ?? statement).includes(name))
    .map((statement) => describe(module, statement, statement.declaration ?? statement, name));
  if (first !== undefined) return others.reduce(overloaded, first);
  const exported = exportedNames(path).find(([each, , from]) => each === name && from !== path);
  if (exported !== undefined) return find(exported[2], exported[1]);
  const imported = importOf(module, name);
  return imported === undefined ? undefined : find(imported.from, imported.name);
}

/**
 * @param {Declaration} all
 * @param {Declaration} next
 * @returns {Declaration}
 */
function overloaded(all, next) {
  const both = (/** @type {'doc' | 'signature'} */ key) =>
    [all[key], next[key]].filter((text) => text !== '').join(key === 'doc' ? '\n\n' : '\n');
  return { ...all, doc: both('doc'), signature: both('signature') };
}

/**
 * @param {Module} module
 * @param {string} name
 */
function importOf({ path, body }, name) {
  for (const { type, source, specifiers } of body) {
    if (type !== 'ImportDeclaration') continue;
    const found = specifiers.find((/** @type {any} */ { local }) => local.name === name);
    if (found !== undefined) return { from: target(path, source.value), name: found.imported.name };
  }
  return undefined;
}

/** @param {any} node */
function namesIn(node) {
  if (node.type === 'VariableDeclaration') {
    return node.declarations.map((/** @type {any} */ { id }) => id.name);
  }
  return node.id?.name === undefined ? [] : [node.id.name];
}

/**
 * @param {Module} module
 * @param {any} statement
 * @param {any} node
 * @param {string} name
 * @returns {Declaration}
 */
function describe(module, statement, node, name) {
  const doc = docBefore(module, statement.start);
  const text = (/** @type {any} */ part) => module.source.slice(part.start, part.end);
  const until = (/** @type {any} */ part) => module.source.slice(node.start, part.start).trim();
  switch (node.type) {
    case 'VariableDeclaration':
      return { name, kind: 'constant', doc, signature: plain(text(node)), members: [], events: [] };
    case 'TSDeclareFunction':
    case 'FunctionDeclaration':
      return { name, kind: 'function', doc, signature: plain(text(node)), members: [], events: [] };
    case 'TSTypeAliasDeclaration': {
      const literal =
        node.typeAnnotation.type === 'TSTypeLiteral' ? node.typeAnnotation.members : [];
      const members = literal.flatMap((/** @type {any} */ each) => member(module, each));
      const signature = plain(literal.length > 0 ? until(node.typeAnnotation) : text(node));
      return { name, kind: 'type', doc, signature, members, events: [] };
    }
    case 'TSInterfaceDeclaration':
    case 'ClassDeclaration': {
      const kind = node.type === 'ClassDeclaration' ? 'class' : 'interface';
      const members = node.body.body.flatMap((/** @type {any} */ each) => member(module, each));
      const signature = plain(until(node.body));
      return { name, kind, doc, signature, members, events: eventsOf(module, node) };
    }
    default:
      throw new Error(`${module.path}: ${name} is a ${node.type}`);
  }
}

/**
 * Of a class that extends `EventEmitter<Events>`, what it emits.
 * @param {Module} module
 * @param {any} node
 * @returns {Member[]}
 */
function eventsOf({ path }, node) {
  const [type] = node.superTypeArguments?.params ?? [];
  const name = type?.typeName?.name;
  return name === undefined ? [] : (find(path, name)?.members ?? []);
}

/**
 * A public member, if it is one.
 * @param {Module} module
 * @param {any} node
 * @returns {Member[]}
 */
function member(module, node) {
  const isHidden = node.accessibility === 'private' || node.accessibility === 'protected';
  if (isHidden || node.key?.type === 'PrivateIdentifier' || node.computed) return [];
  const name = node.kind === 'constructor' ? 'constructor' : nameOf(module, node.key);
  if (name === undefined) return [];
  const isMethod =
    node.type === 'TSMethodSignature' ||
    (/Method/.test(node.type) && node.kind !== 'get' && node.kind !== 'set');
  const annotation = node.typeAnnotation ?? node.value?.returnType ?? node.returnType;
  return [
    {
      name,
      doc: docBefore(module, node.start),
      signature: plain(module.source.slice(node.start, node.end)),
      kind: isMethod ? 'method' : 'property',
      isOptional: node.optional === true,
      type: annotation ? plain(module.source.slice(annotation.start, annotation.end)).slice(2) : '',
    },
  ];
}

/**
 * @param {Module} module
 * @param {any} key
 * @returns {string | undefined}
 */
function nameOf({ source }, key) {
  return key === undefined ? undefined : (key.name ?? source.slice(key.start, key.end));
}

/**
 * The docstring that ends just before an offset, without its frame.
 * @param {Module} module
 * @param {number} offset
 */
function docBefore({ source, comments }, offset) {
  const comment = comments.findLast(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= offset &&
      source.slice(end, offset).trim() === '',
  );
  if (comment === undefined) return '';
  return comment.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

/**
 * A signature without comments and without the words that every declaration has.
 * @param {string} code
 */
function plain(code) {
  return code
    .replaceAll(/\/\*\*[^]*?\*\/\s*/g, '')
    .replaceAll(/^(?:export |declare |public )+/gm, '')
    .replaceAll(/^ {4}/gm, '  ')
    .replace(/;$/, '')
    .trim();
}

/** @param {string} path */
function load(path) {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const source = readFileSync(path, 'utf8');
  const { program, comments } = parseSync(path, source);
  const module = { path, source, body: program.body, comments };
  modules.set(path, module);
  return module;
}

/**
 * The declarations that an import names.
 * @param {string} path of the importing file
 * @param {string} specifier
 */
function target(path, specifier) {
  if (specifier.startsWith('.')) {
    return resolve(dirname(path), specifier.replace(/\.ts$/, '.d.ts'));
  }
  const [, folder = '', rest = ''] = /^@rollcall\/([a-z]+)(.*)$/.exec(specifier) ?? [];
  const manifest = join(ROOT, 'packages', folder, 'package.json');
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), exports[`.${rest}`].types);
}
