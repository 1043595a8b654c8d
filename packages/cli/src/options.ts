import { parseAddress } from '@rollcall/protocol';
import { RollcallError } from '@rollcall/client';

/** A port to listen on, from the first source that gives one. 0 lets the system choose. */
export function listenPort(
  sources: readonly (readonly [name: string, value: string | undefined])[],
  fallback: number,
): number {
  const given = sources.find(([, value]) => value !== undefined && value !== '');
  if (given === undefined) return fallback;
  const [name, value = ''] = given;
  return portOf(name, value);
}

function portOf(name: string, value: string): number {
  return wholeNumber(name, value, { min: 0, max: 65_535 });
}

/** A whole number, in digits alone. */
export function wholeNumber(
  name: string,
  value: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const number = /^[0-9]{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw bad(`${name} is ${JSON.stringify(value)}; it must be a whole number from ${min} to ${max}`);
}

/** An IP address to listen on. */
export function listenHost(name: string, value: string): string {
  const everyAddress = value === '0.0.0.0' || value === '::';
  if (everyAddress || value === 'localhost' || parseAddress(value).ok) return value;
  throw bad(
    `${name} is ${JSON.stringify(value)}; it must be an IP address such as 127.0.0.1 or 0.0.0.0`,
  );
}

function bad(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
