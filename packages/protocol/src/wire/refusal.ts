/** The codes of refusals. docs/reference/errors.md explains each. */
export const REFUSAL_CODES = [
  'bad-event',
  'unreadable',
  'bad-announcement',
  'bad-prefix',
  'bad-port',
  'bad-address',
  'bad-id',
  'bad-inc',
  'bad-seq',
  'bad-ttl',
  'bad-name',
  'bad-version',
  'bad-host',
  'bad-source',
  'bad-zone',
  'bad-weight',
  'bad-scheme',
  'bad-tls',
  'bad-draining',
  'bad-health',
  'bad-meta',
  'bad-policy',
  'too-large',
  'bad-signature',
  'unsigned',
  'not-owner',
  'unowned',
  'forbidden-address',
  'table-full',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why something that came over the channel was not accepted. */
export interface Refusal {
  /** Why, for programs. docs/reference/errors.md lists the codes. */
  readonly code: RefusalCode;
  /** One sentence for a log: what was found and what is accepted. It is safe to print, because foreign text in it is quoted. */
  readonly reason: string;
}

/** The result of reading untrusted input: a value in canonical form, or why it was refused. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refuse(code: RefusalCode, reason: string): Parsed<never> {
  return { ok: false, refusal: { code, reason } };
}

/**
 * The refusal of a message whose data is undefined: no JSON value is. In an encrypted registry that is data which does
 * not open.
 */
export function refuseUnreadable(): Parsed<never> {
  return refuse(
    'unreadable',
    'it has no data that can be read; in an encrypted registry, data must be sealed with the same master key, by a version of Rollcall that seals the name of the event and of the channel with it, and may not be repeated as another event',
  );
}
