import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkSettings } from './check-settings.ts';
import type { Fault } from './check-settings.ts';
import { lineOf, repeatedKeys } from './json-lines.ts';
import type { Settings } from './setting.ts';
import type { Layer } from './sources.ts';
import type { Values } from './values.ts';

/**
 * Reads a JSON file of settings. Files that it names are relative to its folder; faults begin with `FILE:LINE`.
 * @param findFaults of the whole, which no single setting shows. Called if every setting is valid. Default: none
 */
export function readSettingsFile<G extends Settings>(
  file: string,
  settings: G,
  findFaults: (values: Values<G>) => readonly Fault[] = () => [],
): Layer {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { values: {}, faults: [`cannot read ${file} (${why})`] };
  }
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    // Some of V8's messages quote the text, which may hold secrets.
    const [why = ''] = message.split(', ');
    return { values: {}, faults: [`${file}${lineOfFault(text, message)}: not JSON: ${why}`] };
  }
  const folder = dirname(file);
  const { values, faults: single } = checkSettings(settings, input, {
    locate: (name) => resolve(folder, name),
  });
  const faults = single.length > 0 ? single : findFaults(values as Values<G>);
  const found = [
    ...repeatedKeys(text).map(({ path, line }) => ({
      line,
      message: `\`${path.join('.')}\` stands twice`,
    })),
    ...faults.map(({ path, message }) => ({ line: lineOf(text, path), message })),
  ];
  return {
    values,
    faults: found
      .toSorted((one, other) => one.line - other.line)
      .map(({ line, message }) => `${file}:${line}: ${message}`),
  };
}

/** V8 says where in some of its messages. */
function lineOfFault(text: string, message: string): string {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  if (position === undefined) return '';
  return `:${text.slice(0, Number(position)).split('\n').length}`;
}
