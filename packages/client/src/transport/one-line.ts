/** What a server said, fit for a log: one line, printable, not too long. */
export function oneLine(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}
