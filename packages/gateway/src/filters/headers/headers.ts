import type { FieldSet } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import { ENABLED } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { fieldNameProblem, fieldValueProblem } from './header-fields.ts';

const NAME: Format = {
  expected: 'the name of a header',
  parse: (text) => (fieldNameProblem(text) === undefined ? text : undefined),
  problem: (text) => fieldNameProblem(text) ?? '',
};

const VALUE: Format = {
  expected: 'the value of a header',
  parse: (text) => (fieldValueProblem(text) === undefined ? text : undefined),
  problem: (text) => fieldValueProblem(text) ?? '',
};

const CHANGES = {
  remove: {
    type: 'list',
    format: NAME as typeof NAME,
    default: [],
    doc: 'Headers to remove. Comes first.',
  },
  set: {
    type: 'texts',
    keys: NAME as typeof NAME,
    values: VALUE as typeof VALUE,
    default: {},
    doc: 'Headers to set: replaces those of the same name.',
  },
  add: {
    type: 'texts',
    keys: NAME as typeof NAME,
    values: VALUE as typeof VALUE,
    default: {},
    doc: 'Headers to add: keeps those of the same name.',
  },
} as const;

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  request: {
    type: 'group',
    settings: CHANGES as typeof CHANGES,
    doc: 'Changes to requests, before instances receive them.',
  },
  response: {
    type: 'group',
    settings: CHANGES as typeof CHANGES,
    doc: 'Changes to responses, of instances and of the gateway itself.',
  },
} as const;

type Changes = Resolved<typeof CHANGES>;

/** Sets, adds and removes header fields. */
export const HEADERS: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Header rules: set, add or remove headers of requests and responses.',
  },
  create({ enabled, request, response }) {
    if (!enabled || (isEmpty(request) && isEmpty(response))) return undefined;
    return {
      name: 'headers',
      ...(!isEmpty(request) && { onRequest: ({ fields }) => apply(request, fields) }),
      ...(!isEmpty(response) && { onResponse: ({ fields }) => apply(response, fields) }),
    };
  },
  describe: ({ request, response }) =>
    [...described(request, 'requests'), ...described(response, 'responses')].join('; '),
};

function isEmpty({ remove, set, add }: Changes): boolean {
  return remove.length + Object.keys(set).length + Object.keys(add).length === 0;
}

function apply({ remove, set, add }: Changes, fields: FieldSet): void {
  for (const name of remove) fields.delete(name);
  for (const [name, value] of Object.entries(set)) fields.set(name, value);
  for (const [name, value] of Object.entries(add)) fields.append(name, value);
}

function described({ remove, set, add }: Changes, messages: string): string[] {
  const verbs = [
    ['removes', remove],
    ['sets', Object.keys(set)],
    ['adds', Object.keys(add)],
  ] as const;
  return verbs
    .filter(([, names]) => names.length > 0)
    .map(([verb, names]) => `${verb} ${names.join(', ')} on ${messages}`);
}
