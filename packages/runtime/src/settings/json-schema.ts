import { itemOf } from './check-value.ts';
import { asInteger } from './number.ts';
import type { Setting, Settings, ValueSetting } from './setting.ts';

/** A part of a JSON Schema: plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of a file of settings, by which editors complete and check it. */
export function jsonSchema(settings: Settings, title: string): JsonSchema {
  const { properties, ...schema } = objectOf(settings);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    ...schema,
    // A file may name its schema.
    properties: { $schema: { type: 'string' }, ...properties },
  };
}

function objectOf(settings: Settings) {
  const entries = Object.entries(settings).filter(([, { onlyByVariable }]) => !onlyByVariable);
  const required = entries.filter(([, setting]) => setting.required).map(([key]) => key);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([key, setting]) => [key, described(setting)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function described(setting: Setting): JsonSchema {
  const description = setting.doc;
  // Infinity is none of JSON's numbers.
  const isJson = 'default' in setting && setting.default !== Infinity;
  return { description, ...schemaOf(setting), ...(isJson && { default: setting.default }) };
}

function schemaOf(setting: Setting): JsonSchema {
  switch (setting.type) {
    case 'group': {
      const object = objectOf(setting.settings);
      return 'enabled' in setting.settings ? { anyOf: [{ type: 'boolean' }, object] } : object;
    }
    case 'map':
      return { type: 'object', additionalProperties: objectOf(setting.settings) };
    case 'texts':
      return { type: 'object', additionalProperties: { type: 'string' } };
    case 'lists':
      return {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'string' } },
      };
    case 'list':
      return { type: 'array', items: scalarOf(itemOf(setting)) };
    case 'groups': {
      const { settings, minItems = 0 } = setting;
      return { type: 'array', items: objectOf(settings), minItems };
    }
    default:
      return scalarOf(setting);
  }
}

function scalarOf(setting: ValueSetting): JsonSchema {
  switch (setting.type) {
    case 'integer':
    case 'milliseconds':
    case 'port': {
      const { min, max, words } = asInteger(setting);
      const integer = { type: 'integer', minimum: min, maximum: max };
      return words === undefined ? integer : { anyOf: [integer, { enum: words }] };
    }
    case 'share':
      return { type: 'number', minimum: 0, maximum: 1 };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: setting.words };
    case 'text':
      return setting.format === undefined ? { type: 'string', minLength: 1 } : { type: 'string' };
    case 'file':
      return { type: 'string', minLength: 1 };
  }
}
