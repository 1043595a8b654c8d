import type { Format } from '@rollcall/runtime/settings';
import { FIELD_NAME } from '../filters/headers/header-fields.ts';

const METHOD: Format = {
  expected: 'a method in upper case, such as GET',
  parse: (text) => (/^[A-Z][A-Z-]{0,31}$/.test(text) ? text : undefined),
};

const HEADER: Format = {
  expected: 'the name of a header',
  parse: (text) => (FIELD_NAME.test(text) ? text : undefined),
};

const TEXT: Format = { expected: 'a string', parse: (text) => text };

/** Which requests a case is for. */
export const WHEN_SETTINGS = {
  methods: {
    type: 'list',
    format: METHOD as typeof METHOD,
    default: [],
    example: ['POST'],
    doc: 'The methods of the requests; any if empty.',
  },
  headers: {
    type: 'texts',
    keys: HEADER as typeof HEADER,
    values: TEXT as typeof TEXT,
    default: {},
    example: { 'x-beta': '1' },
    doc: 'Headers that the requests have, each with this value; `*` stands for any value.',
  },
  query: {
    type: 'texts',
    keys: TEXT as typeof TEXT,
    values: TEXT as typeof TEXT,
    default: {},
    example: { v: '2' },
    doc: 'Parameters that the query has, each with this value; `*` stands for any value.',
  },
} as const;
