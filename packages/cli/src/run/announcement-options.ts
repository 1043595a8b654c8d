import { InvalidArgumentError, Option } from 'commander';
import { ANNOUNCEMENT_FIELDS } from '@rollcall/protocol';
import type { AnnouncementField, Field } from '@rollcall/protocol';
import { fieldFromText } from '../announcement/from-text.ts';

/** What a command announces if the flag of a field is not given, in words; a field without it is required. */
type Defaults = Readonly<Record<string, string | undefined>>;

/**
 * The options of `rollcall run` that set fields of the announcement, or of an object in it: those with a flag in the list
 * of fields.
 * @param defaults of another command, where they differ
 */
export function announcementOptions(defaults: Defaults = {}): Option[] {
  const fields = ANNOUNCEMENT_FIELDS.map((field) => {
    if (!(field.name in defaults)) return field;
    const { optionDefault: _own, runDefault: _ofRun, ...others } = field;
    const byDefault = defaults[field.name];
    return byDefault === undefined ? others : { ...others, runDefault: byDefault };
  });
  return flagged(fields.flatMap((field) => [field, ...fieldsIn(field)])).map(
    ({ option }) => option,
  );
}

/** The announcement's fields, as they are set by options. */
export function announcedFields(
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields = flagged(ANNOUNCEMENT_FIELDS).map(({ field, option }): [string, unknown] => {
    const value = options[option.attributeName()];
    return [field.name, typeof value === 'string' ? fieldFromText(field, value) : value];
  });
  fields.push(['policy', askedPolicy(options)], ['tls', identity(options)]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** What gateways are asked for. To be sticky is to be balanced by a hash. */
function askedPolicy({
  strip,
  sticky,
}: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const policy = {
    ...(strip === false && { strip }),
    ...(sticky !== undefined && { balancing: 'hash' }),
    ...(typeof sticky === 'string' && { hashBy: sticky }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
}

/** What the certificate of the program has to be for. */
function identity({
  tlsServerName,
  spiffeId,
}: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  if (tlsServerName === undefined && spiffeId === undefined) return undefined;
  return {
    ...(tlsServerName !== undefined && { serverName: tlsServerName }),
    ...(spiffeId !== undefined && { spiffeId }),
  };
}

function fieldsIn(field: AnnouncementField): readonly Field[] {
  return field.type === 'object' ? field.fields : [];
}

function flagged<F extends Field>(fields: readonly F[]): { field: F; option: Option }[] {
  return fields.flatMap((field) =>
    field.flag === undefined ? [] : [{ field, option: optionOf(field, field.flag) }],
  );
}

function optionOf(field: Field & Partial<AnnouncementField>, flag: string): Option {
  const { isRequired, optionDefault, runDefault, default: assumed } = field;
  const byDefault = runDefault ?? optionDefault ?? assumed;
  const suffix = byDefault === undefined ? '' : ` (default: ${String(byDefault)})`;
  const option = new Option(flag, plainText(`${field.runDoc ?? field.doc}${suffix}`));
  option.makeOptionMandatory(isRequired === true && optionDefault === undefined);
  return field.type === 'strings' ? option.argParser(collectPair) : option;
}

/** A sentence of the list in the form of help texts: no capital, no full stop, no marks of code. */
function plainText(sentence: string): string {
  const text = sentence.replaceAll('`', '').replace(/\.(?= \(|$)/, '');
  return text.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

function collectPair(
  pair: string,
  pairs: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError('It must be key=value.');
  return { ...pairs, [key]: value };
}
