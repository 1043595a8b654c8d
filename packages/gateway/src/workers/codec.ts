import { isRecord } from '@rollcall/protocol';

/**
 * Describes how a value of type `T` travels between two processes of one gateway. Both run the same program, so a
 * value that does not match its description is a bug: `decode` throws, which ends the worker before it serves by
 * something that it misread.
 *
 * @param origin `performance.timeOrigin` of the process that encodes or decodes; see {@link monotonicTime}
 */
export interface Codec<T> {
  readonly encode: (value: T, origin: number) => unknown;
  readonly decode: (input: unknown, origin: number) => T;
}

/** A codec for each property: a property that the type has and the description lacks does not compile. */
type Fields<T> = {
  readonly [Name in keyof T]-?: object extends Pick<T, Name>
    ? Codec<T[Name] | undefined>
    : Codec<T[Name]>;
};

/** A value that travels as it is. */
export function plain<T>(isValid: (input: unknown) => input is T): Codec<T> {
  return {
    encode: (value) => value,
    decode(input) {
      if (!isValid(input)) throw unreadable(input);
      return input;
    },
  };
}

export const text: Codec<string> = plain((input) => typeof input === 'string');
export const number: Codec<number> = plain((input) => typeof input === 'number');
export const boolean: Codec<boolean> = plain((input) => typeof input === 'boolean');

/** Plain data that needs no checks because the sender has checked it, such as settings. */
export function trusted<T extends object>(): Codec<T> {
  return plain((input): input is T => isRecord(input));
}

/** One of a few words: each member of the type must be listed. */
export function oneOf<T extends string>(words: Readonly<Record<T, unknown>>): Codec<T> {
  return plain((input): input is T => typeof input === 'string' && Object.hasOwn(words, input));
}

/** A time of `performance.now()`. It travels as milliseconds since 1970, because each process has its own origin. */
export const monotonicTime: Codec<number> = {
  encode: (value, origin) => value + origin,
  decode: (input, origin) => number.decode(input, origin) - origin,
};

export function list<T>(each: Codec<T>): Codec<readonly T[]> {
  return {
    encode: (value, origin) => value.map((item) => each.encode(item, origin)),
    decode(input, origin) {
      if (!Array.isArray(input)) throw unreadable(input);
      return input.map((item) => each.decode(item, origin));
    },
  };
}

export function pair<A, B>(first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> {
  return {
    encode: ([a, b], origin) => [first.encode(a, origin), second.encode(b, origin)],
    decode(input, origin) {
      if (!Array.isArray(input)) throw unreadable(input);
      return [first.decode(input[0], origin), second.decode(input[1], origin)];
    },
  };
}

/** A property that may be missing. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    encode: (value, origin) => (value === undefined ? undefined : codec.encode(value, origin)),
    decode: (input, origin) => (input === undefined ? undefined : codec.decode(input, origin)),
  };
}

/** An object with exactly these properties: others do not travel. */
export function object<T extends object>(fields: Fields<T>): Codec<T> {
  const codecs = Object.entries(fields as Readonly<Record<string, Codec<unknown>>>);
  const mapped = (convert: (name: string, codec: Codec<unknown>) => unknown): object =>
    Object.fromEntries(
      codecs
        .map(([name, codec]) => [name, convert(name, codec)] as const)
        .filter(([, value]) => value !== undefined),
    );
  return {
    encode(value, origin) {
      const properties = value as Readonly<Record<string, unknown>>;
      return mapped((name, codec) => codec.encode(properties[name], origin));
    },
    decode(input, origin) {
      if (!isRecord(input)) throw unreadable(input);
      return mapped((name, codec) => codec.decode(input[name], origin)) as T;
    },
  };
}

interface Typed {
  readonly type: string;
}

/** The properties of one kind of message, without its `type`. */
type Kinds<T extends Typed> = {
  readonly [Type in T['type']]: Fields<Omit<Extract<T, { readonly type: Type }>, 'type'>>;
};

/** Kinds of message by their `type`: a kind that the type has and the description lacks does not compile. */
export function messages<T extends Typed>(kinds: Kinds<T>): Codec<T> {
  const codecs = new Map<unknown, Codec<object>>(
    Object.entries<Fields<object>>(kinds).map(([type, fields]) => [type, object(fields)]),
  );
  return {
    encode: (message, origin) => ({
      type: message.type,
      ...(codecs.get(message.type)?.encode(message, origin) as object | undefined),
    }),
    decode(input, origin) {
      const type = isRecord(input) ? input['type'] : undefined;
      const codec = codecs.get(type);
      if (codec === undefined) throw unreadable(input);
      return { type, ...codec.decode(input, origin) } as T;
    },
  };
}

function unreadable(input: unknown): Error {
  return new Error(`unreadable message between gateway and worker: ${JSON.stringify(input)}`);
}
