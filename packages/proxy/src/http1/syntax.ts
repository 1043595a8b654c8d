/** RFC 9110 §5.6.2. */
export const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

/**
 * Lines of fields (RFC 9112 §5), each with its CRLF. One expression over the whole block lets nothing
 * through that does not belong there: no line that continues another, no bare CR or LF, no NUL, no
 * space before a colon. What it accepts can be taken apart by looking for `:` and CRLF.
 */
export const FIELDS: string = `(?:${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n)*`;

/** A block of fields and nothing else, such as trailers. */
export const ONLY_FIELDS: RegExp = new RegExp(`^${FIELDS}$`);

/**
 * Returns the value of a field between these two positions, without the blanks around it (RFC 9110 §5.5).
 */
export function valueBetween(head: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(head.charCodeAt(start))) start++;
  while (end > start && isBlank(head.charCodeAt(end - 1))) end--;
  return head.slice(start, end);
}

/** Whether a character is a blank beside the value of a field (RFC 9110 §5.6.3). */
export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

const SPACE = 0x20;
const TAB = 0x09;
