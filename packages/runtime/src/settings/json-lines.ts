/** The number of the line on which the value at a path begins, or what should hold it, in text that is valid JSON. */
export function lineOf(text: string, path: readonly string[]): number {
  const offset = new Scanner(text).offsetOf(path);
  return text.slice(0, offset).split('\n').length;
}

/** The keys that stand twice in one object, of which JSON ignores all but the last: with their lines. */
export function repeatedKeys(
  text: string,
): { readonly path: readonly string[]; readonly line: number }[] {
  const scanner = new Scanner(text);
  scanner.offsetOf([]);
  return scanner.repeated.map(({ path, offset }) => ({
    path,
    line: text.slice(0, offset).split('\n').length,
  }));
}

// A string, a mark, or a run of anything else: numbers and words.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Reads text that is known to be JSON, for where things are in it. */
class Scanner {
  readonly repeated: { readonly path: readonly string[]; readonly offset: number }[] = [];
  readonly #tokens: readonly { readonly text: string; readonly offset: number }[];
  readonly #offsets = new Map<string, number>();
  #next = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(TOKEN)].map((match) => ({
      text: match[0],
      offset: match.index,
    }));
    this.#value([], 0);
  }

  /** Where the value at a path begins, or the key that leads to it; if there is none, where its parent does. */
  offsetOf(path: readonly string[]): number {
    const offset = this.#offsets.get(JSON.stringify(path));
    return offset ?? (path.length === 0 ? 0 : this.offsetOf(path.slice(0, -1)));
  }

  #value(path: readonly string[], offset: number): void {
    this.#offsets.set(JSON.stringify(path), offset);
    const { text } = this.#take();
    if (text === '{') this.#object(path);
    else if (text === '[') this.#list(path);
  }

  #object(path: readonly string[]): void {
    const seen = new Set<string>();
    while (this.#peek() !== '}') {
      const key = this.#take();
      const name = JSON.parse(key.text) as string;
      const at = [...path, name];
      if (seen.has(name)) this.repeated.push({ path: at, offset: key.offset });
      seen.add(name);
      this.#take();
      this.#value(at, key.offset);
      if (this.#peek() === ',') this.#take();
    }
    this.#take();
  }

  #list(path: readonly string[]): void {
    for (let index = 0; this.#peek() !== ']'; index++) {
      this.#value([...path, String(index)], this.#tokens[this.#next]?.offset ?? 0);
      if (this.#peek() === ',') this.#take();
    }
    this.#take();
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #take(): { readonly text: string; readonly offset: number } {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new Error('the text is not JSON');
    this.#next++;
    return token;
  }
}
