import { fieldValue, without } from './fields.ts';

/** What remains of Max-Forwards (RFC 9110 §7.6.2). */
export interface MaxForwards {
  /** How often the request may still be forwarded; Infinity if it does not say. */
  readonly maxForwards: number;
  /** Its fields, for the next hop. */
  readonly fields: string;
}

/** Counts this hop, of a method that has Max-Forwards. */
export function countHop(method: string, fields: string): MaxForwards {
  const hops = hasHops(method) ? fieldValue(fields, 'max-forwards') : undefined;
  if (hops === undefined || !/^[0-9]{1,9}$/.test(hops)) return { maxForwards: Infinity, fields };
  const maxForwards = Number(hops);
  const left = Math.max(maxForwards - 1, 0);
  return {
    maxForwards,
    fields: `${without(fields, ['max-forwards'])}Max-Forwards: ${left}\r\n`,
  };
}

function hasHops(method: string): boolean {
  return method === 'OPTIONS' || method === 'TRACE';
}
