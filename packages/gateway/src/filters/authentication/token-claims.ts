import { isRecord } from '@rollcall/protocol';
import { fieldText } from './proven.ts';

/** The claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/** Returns a claim by its name, or by a path such as `realm_access.roles`. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      claims,
    );
}

/** Returns whether a claim is a value, or a list that has it. */
export function hasClaim(claims: Claims, name: string, value: string): boolean {
  const claim = claimOf(claims, name);
  const items: unknown[] = Array.isArray(claim) ? claim : [claim];
  return items.some((each) => isScalar(each) && String(each) === value);
}

/** Returns the scopes of a token: a text with spaces (RFC 8693 §4.2), or a list. */
export function scopesOf(claims: Claims): ReadonlySet<string> {
  const scope = claims['scope'] ?? claims['scp'];
  if (typeof scope === 'string') return new Set(scope.split(' '));
  return new Set(Array.isArray(scope) ? scope.filter((each) => typeof each === 'string') : []);
}

/** Longer ones would not fit the head for the instance. */
const MAX_TEXT = 2048;

/** Returns a claim as the value of a field; undefined if it is no text, number, boolean or list of these. */
export function claimText(claims: Claims, name: string): string | undefined {
  const claim = claimOf(claims, name);
  const items: unknown[] = Array.isArray(claim) ? claim : [claim];
  if (items.length === 0 || items.some((each) => !isScalar(each))) return undefined;
  const text = items.map((each) => fieldText(String(each))).join(', ');
  return text === '' || text.length > MAX_TEXT ? undefined : text;
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) && value !== '';
}
