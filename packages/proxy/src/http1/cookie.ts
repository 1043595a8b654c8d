/** Returns the value of the first cookie of this name in a Cookie field (RFC 6265 §4.2.1), as it stands there. */
export function cookieValue(field: string, name: string): string | undefined {
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name)
      return pair.slice(equals + 1).trim();
  }
  return undefined;
}
