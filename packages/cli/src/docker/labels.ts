import { ANNOUNCEMENT_FIELDS, isRecord, quote } from '@rollcall/protocol';
import type { AnnouncementField } from '@rollcall/protocol';
import { suggest } from '@rollcall/runtime/settings';
import { fieldFromText, valueFromText } from '../announcement/from-text.ts';
import type { Labels } from './container.ts';

/** A service of a container, as its labels declare it. */
export interface DeclaredService {
  /** NAME of `rollcall.NAME.prefix`; empty for `rollcall.prefix`. */
  readonly name: string;
  /** Fields of the announcement. `port` is the container's, if there is one. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Declared {
  readonly services: readonly DeclaredService[];
  /** What is wrong with the labels. */
  readonly faults: readonly string[];
}

const PREFIX = 'rollcall.';
/** Many times what announcements may have. More would keep this program busy for what is refused anyway. */
const MAX_LENGTH = 16_384;
/** With it an id has at most 64 characters, the id of a service key included. */
const NAME = /^[A-Za-z0-9_-]{1,24}$/;
/** Known of the container, and not by labels. */
const NOT_LABELS = new Set(['address', 'id', 'ttl', 'host', 'source']);

const FIELDS: ReadonlyMap<string, AnnouncementField> = new Map(
  ANNOUNCEMENT_FIELDS.filter(
    ({ name, takenBy }) => (takenBy === 'register' || takenBy === 'both') && !NOT_LABELS.has(name),
  ).map((field) => [field.name, field]),
);
const KEYS = [...FIELDS.keys(), 'enable'];

/** Whether a container has labels of Rollcall. */
export function isLabelled(labels: Labels): boolean {
  return Object.keys(labels).some((label) => label.startsWith(PREFIX));
}

/** Reads the services that the labels of a container declare: `rollcall.prefix=/v1`, or `rollcall.NAME.prefix=/v1` for several. */
export function declaredServices(labels: Labels): Declared {
  const own = Object.entries(labels).filter(([label]) => label.startsWith(PREFIX));
  const length = own.reduce((sum, [label, text]) => sum + label.length + text.length, 0);
  if (length > MAX_LENGTH) {
    const fault = `its labels of Rollcall have ${length} characters; at most ${MAX_LENGTH} are allowed`;
    return { services: [], faults: [fault] };
  }
  const faults: string[] = [];
  const disabled = new Set<string>();
  const byName = new Map<string, Record<string, unknown>>();
  for (const [label, text] of own) {
    const path = label.slice(PREFIX.length).split('.');
    const name = isKey(path[0]) ? '' : (path.shift() ?? '');
    const [key = '', ...rest] = path;
    if (!isKey(key) || (name !== '' && !NAME.test(name))) {
      faults.push(unknown(shown(label), name, key));
      continue;
    }
    if (label === labelOf(name, 'enable')) {
      if (text === 'false') disabled.add(name);
      else if (text !== 'true')
        faults.push(`the label ${label} is ${quote(text)}; it must be true or false`);
      continue;
    }
    const fields = byName.get(name) ?? {};
    byName.set(name, fields);
    const fault = set(fields, key, rest.join('.'), text);
    if (fault !== undefined) faults.push(`the label ${shown(label)} ${fault}`);
  }
  if (disabled.has('')) return { services: [], faults: [] };
  const services = [...byName]
    .filter(([name]) => !disabled.has(name))
    .map(([name, fields]) => ({ name, fields }));
  const isBare = byName.size === 0 && disabled.size === 0 && faults.length === 0;
  if (own.length > 0 && isBare) services.push({ name: '', fields: {} });
  for (const { name, fields } of services)
    if (fields['prefix'] === undefined)
      faults.push(`the label ${labelOf(name, 'prefix')} is missing: it names the path to route`);
  return { services, faults };
}

function isKey(key: string | undefined): key is string {
  return key !== undefined && KEYS.includes(key);
}

/** The whole label for a key of a service. */
export function labelOf(name: string, key: string): string {
  return PREFIX + (name === '' ? key : `${name}.${key}`);
}

/** A label in words: quoted if it has characters that could act on a terminal. */
function shown(label: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(label) ? label : quote(label);
}

/** @param key the last part, of which the rest is in `name` if the label has two parts only */
function unknown(label: string, name: string, key: string): string {
  if (key !== '' && isKey(key))
    return `the label ${label} has a name other than 1 to 24 of A-Z a-z 0-9 _ -`;
  const [of, written] = key === '' ? ['', name] : [name, key];
  const near = suggest(written, KEYS);
  return `the label ${label} is unknown${near === undefined ? '' : `: did you mean ${labelOf(of, near)}?`}`;
}

/**
 * Sets one field, or one part of a field that is an object: `policy.answerMs`, `meta.commit`.
 * @returns what is wrong with the label
 */
function set(
  fields: Record<string, unknown>,
  key: string,
  part: string,
  text: string,
): string | undefined {
  const field = FIELDS.get(key);
  if (field === undefined) return 'is unknown';
  if (part === '') {
    const isWhole =
      field.name === 'health' || (field.type !== 'object' && field.type !== 'strings');
    if (!isWhole) return `names no part, as in ${key}.${exampleOf(field)}`;
    fields[key] = fieldFromText(field, text);
    return undefined;
  }
  if (field.type === 'strings') return setPart(fields, key, part, text);
  const inner =
    field.type === 'object' ? field.fields.find(({ name }) => name === part) : undefined;
  if (inner === undefined) return 'is unknown';
  return setPart(fields, key, part, valueFromText(inner, text));
}

function exampleOf(field: AnnouncementField): string {
  return field.type === 'object' ? (field.fields[0]?.name ?? '') : 'KEY';
}

function setPart(
  fields: Record<string, unknown>,
  key: string,
  part: string,
  value: unknown,
): undefined {
  const object = fields[key];
  fields[key] = { ...(isRecord(object) && object), [part]: value };
}
