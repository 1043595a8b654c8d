import { unaliased } from '@rollcall/proxy';
import type { FieldSet, Filter, FilterRequest } from '@rollcall/proxy';

/** The field by which instances learn who a request was proven to be. */
const CONSUMER_FIELD = 'X-Consumer';

/** Returns the names of fields that a client must not set, for `dropForged`: as they are, and without aliases. */
export function ownFields(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name.toLowerCase(), unaliased(name)]));
}

/**
 * Drops the fields that a client must not set, in any case and number; their aliases too, because programs made for
 * CGI read them as one.
 * @param names of `ownFields`
 */
export function dropForged(fields: FieldSet, names: ReadonlySet<string>): void {
  let forged: string[] | undefined;
  for (const [name] of fields) if (names.has(unaliased(name))) (forged ??= []).push(name);
  for (const name of forged ?? []) fields.delete(name);
  // Fields that did not come could still come as trailers.
  for (const name of names) fields.delete(name);
}

const CONSUMER_FIELDS = ownFields([CONSUMER_FIELD]);

/** Drops what a client says of who it is. It runs before all filters that prove it, and on routes without one. */
export const DROP_FORGED_CONSUMER: Filter = {
  name: 'consumers',
  onRequest: ({ fields }) => dropForged(fields, CONSUMER_FIELDS),
};

/** Notes who a request was proven to be, for the instance and for other filters. */
export function proveConsumer(request: FilterRequest, name: string): void {
  request.consumer = name;
  request.fields.set(CONSUMER_FIELD, fieldText(name));
}

/** Returns a text as the value of a field: characters other than printable ASCII are percent-encoded, and so is `%`. */
export function fieldText(text: string): string {
  if (/^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/.test(text))
    return text;
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
