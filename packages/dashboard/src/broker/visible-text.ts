/** Characters that are not seen, or that reverse or hide the text around them, except for ordinary white space. */
const INVISIBLE = /[^\P{C}\n\t]|[\u2028\u2029]/gu;

/** Returns a text in which every such character is written as an escape, such as \u202E. */
export function visibleText(text: string): string {
  return text.replace(
    INVISIBLE,
    (character) =>
      `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
