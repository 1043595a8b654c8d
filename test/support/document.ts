import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** The first code block of a document in this language that contains the text. */
export function blockOf(document: string, language: string, text: string): string {
  const content = readFileSync(join(ROOT, document), 'utf8');
  const blocks = content.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'));
  const found = [...blocks].map((match) => match[1] ?? '').find((code) => code.includes(text));
  if (found === undefined) throw new Error(`${document} has no ${language} block with ${text}`);
  return found;
}

/** Temporary files inside the project, so that they can import its packages. */
export class Scratch {
  readonly #folders: string[] = [];

  /** @returns the path of a file of this name and content, alone in its folder */
  file(name: string, content: string): string {
    const folder = mkdtempSync(join(ROOT, 'node_modules', '.scratch-'));
    this.#folders.push(folder);
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  clear(): void {
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true });
  }
}
