// Writes what docs/reference/config.md has from the tables of settings, between `<!-- NAME -->` and `<!-- /NAME -->`.
// `npm run docs` writes, the check compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../steps.js';

const FILE = 'docs/reference/config.md';
const WIDTH = 100;

/** What is wrong with the document, one line each. */
export async function configDocsFaults({ write = false } = {}) {
  const { GATEWAY_SETTINGS } = await import('../../packages/gateway/dist/index.js');
  const { BROKER_SETTINGS } = await import('../../packages/broker/dist/index.js');
  const { REGISTRY_SETTINGS } =
    await import('../../packages/client/dist/transport/registry-settings.js');
  const { exampleOf, settingsTables } =
    await import('../../packages/runtime/dist/settings/index.js');
  const blocks = {
    'gateway settings': settingsTables(GATEWAY_SETTINGS, '###'),
    'gateway example': jsonBlock(exampleOf(GATEWAY_SETTINGS)),
    'broker settings': settingsTables(BROKER_SETTINGS, '###'),
    'broker example': jsonBlock(exampleOf(BROKER_SETTINGS)),
    'registry settings': settingsTables(REGISTRY_SETTINGS, '###', false),
  };
  const path = join(ROOT, FILE);
  const text = readFileSync(path, 'utf8');
  const missing = Object.keys(blocks).filter((name) => !blockOf(name).test(text));
  let next = text;
  for (const [name, block] of Object.entries(blocks)) {
    next = next.replace(blockOf(name), () => `<!-- ${name} -->\n\n${block}\n\n<!-- /${name} -->`);
  }
  if (write) writeFileSync(path, next);
  return [
    ...missing.map((name) => `${FILE} lacks <!-- ${name} -->`),
    ...(write || next === text ? [] : [`${FILE} has other settings than the tables: npm run docs`]),
  ];
}

/** @param {string} name */
function blockOf(name) {
  return new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
}

/** @param {unknown} value */
function jsonBlock(value) {
  return `\`\`\`json\n${json(value, '')}\n\`\`\``;
}

/**
 * JSON in which what fits on a line is on one.
 * @param {unknown} value
 * @param {string} indent
 * @returns {string}
 */
function json(value, indent) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const within = `${indent}  `;
  const items = isList
    ? value.map((each) => json(each, within))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${json(each, within)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (items.length === 0) return `${open}${close}`;
  const line = isList ? `[${items.join(', ')}]` : `{ ${items.join(', ')} }`;
  const isShort = indent !== '' && indent.length + line.length < WIDTH && !line.includes('\n');
  return isShort
    ? line
    : [open, items.map((item) => `${within}${item}`).join(',\n'), `${indent}${close}`].join('\n');
}
