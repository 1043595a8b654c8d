import { readFileSync } from 'node:fs';

/** The code block of a document that has this text in it. */
export function codeBlock(document: string, language: string, text: string): string {
  const content = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  const blocks = content.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'));
  const found = [...blocks].map((match) => match[1] ?? '').find((code) => code.includes(text));
  if (found === undefined) throw new Error(`${document} has no ${language} block with ${text}`);
  return found;
}
