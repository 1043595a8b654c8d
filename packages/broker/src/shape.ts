import { isRecord, RollcallError } from '@rollcall/protocol';

/** Takes a value out of foreign JSON, or throws `ROLLCALL_CONFIG` with its place in it. */
export type Reader<T> = (value: unknown, place: string) => T;

export const text: Reader<string> = (value, place) => {
  if (typeof value === 'string') return value;
  throw misshapen(place, 'a string');
};

export const number: Reader<number> = (value, place) => {
  if (typeof value === 'number') return value;
  throw misshapen(place, 'a number');
};

export const boolean: Reader<boolean> = (value, place) => {
  if (typeof value === 'boolean') return value;
  throw misshapen(place, 'true or false');
};

export function oneOf<T extends string>(values: readonly T[]): Reader<T> {
  return (value, place) => {
    const found = values.find((known) => known === value);
    if (found !== undefined) return found;
    throw misshapen(place, `one of ${values.join(', ')}`);
  };
}

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw misshapen(place, 'a list');
    return value.map((each, index) => item(each, `${place}[${index}]`));
  };
}

type Fields<T> = { readonly [K in keyof T]-?: Reader<Exclude<T[K], undefined>> };

/** An object of these fields and no others: one with a slip in its name would be ignored. */
export function object<T extends object>(
  fields: Fields<T>,
  ...required: readonly (keyof T & string)[]
): Reader<T> {
  return (value, place) => {
    if (!isRecord(value)) throw misshapen(place, 'an object');
    const within = (name: string): string => (place === '' ? name : `${place}.${name}`);
    const missing = required.find((name) => value[name] === undefined);
    if (missing !== undefined)
      throw new RollcallError('ROLLCALL_CONFIG', `${within(missing)} is missing`);
    const readers = new Map<string, Reader<unknown>>(Object.entries(fields));
    const entries = Object.entries(value).map(([name, field]) => {
      const reader = readers.get(name);
      if (reader === undefined) {
        throw new RollcallError(
          'ROLLCALL_CONFIG',
          `${within(name)} is not known; there are ${[...readers.keys()].join(', ')}`,
        );
      }
      return [name, reader(field, within(name))];
    });
    return Object.fromEntries(entries) as T;
  };
}

/** Never says what the value is: it may be a secret in the wrong place. */
function misshapen(place: string, expected: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', `${place === '' ? 'it' : place} must be ${expected}`);
}
