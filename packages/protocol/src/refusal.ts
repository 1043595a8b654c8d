/**
 * Why something that came over the channel was not accepted. Every code stands in docs/reference/errors.md.
 */
export const REFUSAL_CODES = [
  'bad-event',
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
  'bad-zone',
  'bad-weight',
  'bad-scheme',
  'bad-draining',
  'bad-health',
  'bad-meta',
  'bad-policy',
  'too-large',
  'forbidden-address',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence for a log: what was found and what is accepted. Safe to print: foreign text in it is quoted. */
  readonly reason: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refuse(code: RefusalCode, reason: string): Parsed<never> {
  return { ok: false, refusal: { code, reason } };
}

const QUOTED_LENGTH = 80;

/** Controls (C0 and C1), line separators and bidirectional overrides: they can forge or garble a line. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
export const UNPRINTABLE: RegExp = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** A foreign value for a log line: what could forge or garble it is taken out, and length is capped. */
export function quote(value: unknown): string {
  const plain = describe(value).replace(new RegExp(UNPRINTABLE, 'g'), '?');
  return plain.length > QUOTED_LENGTH ? `${plain.slice(0, QUOTED_LENGTH)}…` : plain;
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(value);
}
