import type { BodyEnd } from '../message.ts';
import { needsDrain, writeAll, writeText } from './write-text.ts';
import type { Output } from './write-text.ts';

/** Content up to this size is written as text, in one piece with what stands around it. */
export const JOIN_BYTES = 4096;

/**
 * Writes a head and what there is of its body, in one write if that is small.
 *
 * @param head as Latin-1; `''` if it was written before
 * @param parts of the content, in order
 * @returns false if the receiver should be given time to take it
 */
export function writeMessage(
  to: Output,
  head: string,
  parts: readonly Buffer[],
  isChunked: boolean,
  end: BodyEnd,
): boolean {
  let size = 0;
  for (const part of parts) size += part.length;
  const before = isChunked && size > 0 ? `${head}${size.toString(16)}\r\n` : head;
  let after = isChunked && size > 0 ? '\r\n' : '';
  if (isChunked && end.done) after += `0\r\n${end.trailers}\r\n`;
  if (size <= JOIN_BYTES) {
    let text = before;
    for (const part of parts) text += part.toString('latin1');
    text += after;
    return text === '' ? !needsDrain(to) : writeText(to, text);
  }
  return writeAll(
    to,
    [before, ...parts, after].filter((each) => each.length > 0),
  );
}

/**
 * Writes bytes as they are.
 * @returns false if the receiver should be given time to take them
 */
export function writeParts(to: Output, parts: readonly Buffer[]): boolean {
  return parts.length === 0 ? !needsDrain(to) : writeAll(to, parts);
}
