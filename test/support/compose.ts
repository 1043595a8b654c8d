import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './document.ts';

export interface HealthCheck {
  readonly test: readonly string[];
}

export interface ComposeService {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[] | Readonly<Record<string, { aliases?: readonly string[] }>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: HealthCheck;
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export function readCompose(file: string): ComposeFile {
  return parse(readFileSync(join(ROOT, file), 'utf8'), { merge: true }) as ComposeFile;
}

/** The file as Docker Compose reads it with these variables. */
export function composeWith(
  file: string,
  variables: Readonly<Record<string, string>>,
): ComposeFile {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const interpolated = text.replace(
    /\$\$|\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (match, name?: string, operator?: string, word = '') => {
      if (name === undefined) return match.slice(1);
      const value = variables[name] ?? (operator === '-' ? word : undefined);
      if (value === undefined) throw new Error(`${file} requires ${name}`);
      return value;
    },
  );
  return parse(interpolated, { merge: true }) as ComposeFile;
}

/** The networks of a service, with the other names that it has in each. */
export function networksOf({ networks }: ComposeService): Map<string, readonly string[]> {
  if (Array.isArray(networks)) return new Map(networks.map((name: string) => [name, []]));
  return new Map(Object.entries(networks).map(([name, { aliases = [] }]) => [name, aliases]));
}
