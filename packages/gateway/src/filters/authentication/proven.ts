import { FieldAliases } from '@rollcall/proxy';
import type { Filter, FilterRequest } from '@rollcall/proxy';

/** The field by which instances learn who a request was proven to be. */
const CONSUMER_FIELD = 'X-Consumer';

const CONSUMER_FIELDS = new FieldAliases([CONSUMER_FIELD]);

/** Drops what a client says of who it is. It runs before all filters that prove it, and on routes without one. */
export const DROP_FORGED_CONSUMER: Filter = {
  name: 'consumers',
  onRequest: ({ fields }) => fields.deleteAliases(CONSUMER_FIELDS),
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
