// Writes what comes from the list of announcement fields: the types in TypeScript, the reference page, and the
// list that the clients in Go and Python are tested against.

/**
 * @typedef {import('../../packages/protocol/src/wire/field.ts').AnnouncementField} AnnouncementField
 * @typedef {import('../../packages/protocol/src/wire/field.ts').Field} Field
 */

const SOURCE = 'packages/protocol/src/wire/announcement-fields.ts';
const TYPES = 'packages/protocol/src/wire/announcement-types.ts';
const PAGE = 'docs/reference/announcement.md';
const LIST = 'conformance/announcement-fields.json';
const WIDTH = 100;

/** The text of each file that is written from the list. */
export async function announcementFiles() {
  const { ANNOUNCEMENT_FIELDS } = await import('../../packages/protocol/dist/index.js');
  return new Map([
    [TYPES, types(ANNOUNCEMENT_FIELDS)],
    [PAGE, page(ANNOUNCEMENT_FIELDS)],
    [LIST, `${JSON.stringify(ANNOUNCEMENT_FIELDS.map(plain), undefined, 2)}\n`],
  ]);
}

/** @param {string} name */
function snakeCase(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** @param {readonly AnnouncementField[]} fields */
function types(fields) {
  const objects = fields.flatMap((field) =>
    field.type === 'object'
      ? [
          interfaceOf(
            field.typeName,
            field.doc,
            field.fields.map((each) => member(each)),
          ),
        ]
      : [],
  );
  const announcement = fields.map((field) => member(field));
  const extra = ['Unknown fields, which are kept so that they survive being passed on.'];
  const options = fields
    .filter(({ takenBy }) => takenBy === 'register' || takenBy === 'both')
    .map((field) => option(field));
  const changes = fields
    .filter(({ takenBy }) => takenBy === 'update' || takenBy === 'both')
    .map((field) => member(field));
  return [
    `// Written by \`npm run docs\` from ${SOURCE.split('/').at(-1)}.\n`,
    ...objects,
    interfaceOf('Announcement', 'What an instance publishes about itself, in canonical form.', [
      ...announcement,
      `${comment(extra, '  ')}  readonly extra?: Readonly<Record<string, unknown>>;\n`,
    ]),
    interfaceOf(
      'AnnouncementOptions',
      'The fields of an announcement that `register()` takes.',
      options,
    ),
    interfaceOf(
      'AnnouncementChange',
      'The fields of an announcement that can change while an instance runs.',
      changes,
    ),
  ].join('\n');
}

/**
 * @param {string} name
 * @param {string} doc
 * @param {string[]} members
 */
function interfaceOf(name, doc, members) {
  return `${comment([doc], '')}export interface ${name} {\n${members.join('')}}\n`;
}

/** @param {Field} field */
function member(field) {
  const mark = field.isRequired === true || field.isFilledIn === true ? '' : '?';
  const lines = [field.doc, facts(field, field.default)];
  return `${comment(lines, '  ')}  readonly ${field.name}${mark}: ${typeOf(field)};\n`;
}

/** @param {AnnouncementField} field */
function option(field) {
  const { name, doc, optionDefault, optionType, isRequired } = field;
  const mark = isRequired === true && optionDefault === undefined ? '' : '?';
  const lines = [doc, facts(field, optionDefault ?? field.default)];
  return `${comment(lines, '  ')}  readonly ${name}${mark}: ${optionType ?? typeOf(field)};\n`;
}

/**
 * @param {Field} field
 * @param {string | number | boolean | undefined} byDefault
 */
function facts(field, byDefault) {
  const { example } = field;
  return [
    field.type === 'choice' || field.type === 'boolean' ? '' : range(field),
    byDefault === undefined ? '' : `Default: ${code(byDefault)}.`,
    example === undefined ? '' : `Example: \`${example}\`.`,
  ]
    .filter((fact) => fact !== '')
    .join(' ');
}

/** @param {Field} field */
function range(field) {
  switch (field.type) {
    case 'prefix':
      return 'At most 200 characters and 16 segments.';
    case 'port':
      return 'Range: 1 to 65535.';
    case 'address':
      return 'IPv4 or IPv6, in canonical form; not link-local, multicast, broadcast or unspecified.';
    case 'integer': {
      const unit = field.unit === undefined ? '' : ` ${field.unit}`;
      return `Range: ${field.min} to ${field.max}${unit}.`;
    }
    case 'text':
      return `1 to ${field.maxLength} printable characters.`;
    case 'pattern':
      return `Must be ${field.form}.`;
    case 'strings':
      return `At most ${field.maxEntries} entries; keys and values are strings.`;
    case 'choice':
      return `One of ${field.values.map((each) => `\`${each}\``).join(', ')}.`;
    case 'boolean':
      return '`true` or `false`.';
    case 'object':
      return '';
  }
}

/** @param {Field} field */
function typeOf(field) {
  switch (field.type) {
    case 'port':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'choice':
      return field.values.map((each) => `'${each}'`).join(' | ');
    case 'strings':
      return 'Readonly<Record<string, string>>';
    case 'object':
      return field.typeName;
    default:
      return 'string';
  }
}

/**
 * @param {string[]} paragraphs
 * @param {string} indent
 */
function comment(paragraphs, indent) {
  const text = paragraphs.filter((each) => each !== '').join(' ');
  const oneLine = `${indent}/** ${text} */\n`;
  if (oneLine.length <= WIDTH + 1) return oneLine;
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = `${lines.at(-1)} ${word}`.trim();
    if (`${indent} * ${last}`.length <= WIDTH) lines[lines.length - 1] = last;
    else lines.push(word);
  }
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

/** @param {readonly AnnouncementField[]} fields */
function page(fields) {
  const objects = fields.flatMap((field) =>
    field.type === 'object'
      ? [
          `## \`${field.name}\``,
          field.doc,
          table(
            ['field', 'meaning', 'values', 'default', 'Go', 'Python'],
            field.fields.map((each) => [
              ...common(each),
              `\`${field.go}.${each.go}\``,
              `\`${field.name[0]?.toUpperCase()}${field.name.slice(1)}.${snakeCase(each.name)}\``,
            ]),
          ),
        ]
      : [],
  );
  return `${[
    '# Announcement',
    `<!-- Written by \`npm run docs\` from ${SOURCE}. -->`,
    'An announcement is a JSON object in which an instance describes itself to gateways and other observers. It is the data of the events `register` and `exit`: see [the protocol](protocol.md).',
    'Only `prefix`, `port` and `address` are required. An invalid field refuses the announcement as a whole, with the code in the table: see [errors](errors.md). Unknown fields are kept and passed on. With an `id`, an announcement has at most 1024 bytes as JSON.',
    'The column "set by" says where a program sets the field: an option of `register()` in TypeScript, its `update()` later, or a flag of `rollcall run`. In Go every field is one of `registry.Service`. In Python an option has the name of the field.',
    table(
      ['field', 'meaning', 'values', 'default', 'set by', 'Go', 'refused with'],
      fields.map((field) => [
        ...common(field),
        setBy(field),
        `\`${field.go}\``,
        `\`${field.code}\``,
      ]),
    ),
    ...objects,
  ].join('\n\n')}\n`;
}

/** @param {Field} field */
function common(field) {
  const { name, doc, example, isRequired } = field;
  const shown = example === undefined ? '' : ` Example: \`${example}\`.`;
  const values = field.type === 'object' ? `see [\`${name}\`](#${name})` : range(field);
  const byDefault = field.default === undefined ? '' : code(field.default);
  return [`\`${name}\``, `${doc}${shown}`, values, isRequired === true ? 'required' : byDefault];
}

/** @param {AnnouncementField} field */
function setBy(field) {
  const { name, takenBy, optionDefault } = field;
  const flagged = field.type === 'object' ? [field, ...field.fields] : [field];
  const byDefault = optionDefault === undefined ? '' : ` (default: ${optionDefault})`;
  const places = [
    takenBy === 'register' || takenBy === 'both' ? `option \`${name}\`${byDefault}` : '',
    takenBy === 'update' || takenBy === 'both' ? '`update()`' : '',
    ...flagged.map(({ flag }) => (flag === undefined ? '' : `\`${flag}\``)),
  ].filter((place) => place !== '');
  return places.length === 0 ? 'the SDK' : places.join(', ');
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  return [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');
}

/** @param {string[]} cells */
function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** @param {string | number | boolean} value */
function code(value) {
  return typeof value === 'string' && /\s/.test(value) ? value : `\`${value}\``;
}

/**
 * What of a field concerns every language: JSON without patterns.
 * @param {AnnouncementField | Field} field
 * @returns {object}
 */
function plain(field) {
  const { pattern: _, ...rest } = { pattern: undefined, ...field };
  return field.type === 'object' ? { ...rest, fields: field.fields.map(plain) } : rest;
}
