import { STATUS_CODES } from 'node:http';
import { BAD_LENGTH, NO_LENGTH, scanFields } from '../http1/fields.ts';
import { UNKNOWN_LENGTH } from '../message.ts';
import type { ResponseHead } from '../message.ts';
import { fieldLines } from './field-lines.ts';
import type { HeaderField } from './hpack-static-table.ts';

const STATUS = /^[1-9][0-9]{2}$/;
const PSEUDO: ReadonlySet<string> = new Set([':status']);

/**
 * Parses the fields of a response (RFC 9113 §8.3.2), as strictly as a request's.
 * @param method of the request
 * @param endsStream whether nothing follows the head
 * @returns what is wrong with it, as a predicate, if it is malformed
 */
export function parseResponseHead(
  fields: readonly HeaderField[],
  method: string,
  endsStream: boolean,
): ResponseHead | string {
  const read = fieldLines(fields, PSEUDO);
  if (typeof read === 'string') return `sent a malformed response head: ${read}`;
  const written = read.pseudo.get(':status') ?? '';
  const status = Number(written);
  // RFC 9113 §8.6: it has no 101.
  if (!STATUS.test(written) || status === 101) return 'sent a response without a valid :status';
  const { kept, contentLength, hasDate, hasRequestId, namesPaths } = scanFields(
    read.lines,
    0,
    false,
  );
  if (contentLength === BAD_LENGTH)
    return 'sent a response whose Content-Length is not one decimal number';
  if (status < 200 && endsStream) return 'ended a response with a 1xx';
  const length = lengthOf(status, method, contentLength);
  if (endsStream && length > 0) return SHORT;
  return {
    status,
    statusLine: `${written} ${STATUS_CODES[status] ?? ''}`,
    fields: kept,
    length,
    hasDate,
    hasRequestId,
    namesPaths,
    upgrades: false,
  };
}

/** A body that does not have its Content-Length (RFC 9113 §8.1.1), as a predicate. */
export const SHORT = 'sent a body that does not have its Content-Length';

function lengthOf(status: number, method: string, contentLength: number): number {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  return contentLength === NO_LENGTH ? UNKNOWN_LENGTH : contentLength;
}
