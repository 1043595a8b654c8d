import { dirname, resolve } from 'node:path';
import { RollcallError } from '@rollcall/protocol';
import { readTextFile } from '@rollcall/runtime';

/** What `rollcall up` starts beside broker and gateway. */
export interface Procfile {
  /** Where its commands run. */
  readonly folder: string;
  readonly services: readonly ServiceCommand[];
  /** Commands to show once everything runs; `$GATEWAY` stands for host and port of the gateway. */
  readonly tries: readonly string[];
}

export interface ServiceCommand {
  readonly name: string;
  /** One command, by the rules of the shell. */
  readonly command: string;
}

/**
 * Reads lines such as `web: node server.js`. A comment such as `# try: curl $GATEWAY/web/` is an example to show.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function readProcfile(file: string): Procfile {
  const lines = readTextFile(file).split(/\r?\n/);
  const services = lines.flatMap((line, index) => serviceOf(line, `${file}:${index + 1}`));
  const names = services.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) throw misconfigured(`${file} has two services named ${repeated}`);
  const tries = lines.flatMap((line) => /^# try: (.+)$/.exec(line)?.[1] ?? []);
  return { folder: dirname(resolve(file)), services, tries };
}

function serviceOf(line: string, place: string): ServiceCommand[] {
  if (/^\s*(#|$)/.test(line)) return [];
  const [, name, command] = /^([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(line) ?? [];
  if (name !== undefined && command !== undefined) return [{ name, command }];
  throw misconfigured(
    `${place} is ${JSON.stringify(line)}; it must be NAME: COMMAND, such as web: node server.js`,
  );
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
