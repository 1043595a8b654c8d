import { accept, quote, refuse } from './refusal.ts';
import type { Parsed, RefusalCode } from './refusal.ts';

export function parseInteger(
  input: unknown,
  code: RefusalCode,
  field: string,
  min: number,
  max: number,
): Parsed<number> {
  if (Number.isInteger(input) && Number(input) >= min && Number(input) <= max) {
    return accept(Number(input));
  }
  return refuse(
    code,
    `${field} is ${quote(input)}; it must be a whole number from ${min} to ${max}`,
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
