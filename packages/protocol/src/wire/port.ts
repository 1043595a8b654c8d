import { quote } from '../untrusted.ts';
import { accept, refuse } from './refusal.ts';
import type { Parsed } from './refusal.ts';

/** A port as a number or, as services that pass `process.env.PORT` through send it, a string of digits. */
export function parsePort(input: unknown): Parsed<number> {
  const port = typeof input === 'string' && /^[0-9]{1,5}$/.test(input) ? Number(input) : input;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return refuse('bad-port', `port is ${quote(input)}; it must be a whole number from 1 to 65535`);
  }
  return accept(port);
}
