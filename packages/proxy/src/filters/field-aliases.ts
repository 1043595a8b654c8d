import { unaliased } from '../http1/underscores.ts';

/**
 * Names of fields that a client must not set, with their aliases: `X_User` and `x.user` stand for `X-User`, because programs
 * made for CGI read them as one. Make it once: finding out that a request has none costs little then.
 */
export class FieldAliases {
  /** As they are and without aliases, in lower case. */
  readonly names: readonly string[];
  readonly #unaliased: ReadonlySet<string>;
  readonly #pattern: RegExp;

  constructor(names: readonly string[]) {
    const all = new Set(names.flatMap((name) => [name.toLowerCase(), unaliased(name)]));
    this.names = [...all];
    this.#unaliased = new Set(names.map(unaliased));
    // Without names, nothing matches.
    this.#pattern = new RegExp([...this.#unaliased].map(patternOf).join('|') || '(?!)', 'i');
  }

  /** Returns whether a text, such as the lines of a head, may have one of them. False is certain. */
  mayStandIn(text: string): boolean {
    return this.#pattern.test(text);
  }

  /** Returns whether a name is one of them, or an alias of one. */
  has(name: string): boolean {
    return this.#pattern.test(name) && this.#unaliased.has(unaliased(name));
  }
}

function patternOf(name: string): string {
  return name.replaceAll(/[$*+?^|]/g, String.raw`\$&`).replaceAll('-', '[-._]');
}
