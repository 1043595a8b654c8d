/** A flag without the word for its value: of `--port <port>`, `--port`. */
export function flagName(flag: string): string {
  return flag.split(' ', 1)[0] ?? flag;
}

/** The name of a flag in the options that commander gives: `--admin-port <port>` is `adminPort`. */
export function optionName(flag: string): string {
  return flagName(flag)
    .slice(2)
    .replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
