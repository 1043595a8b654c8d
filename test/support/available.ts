import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PROGRAMS } from './processes.ts';

// What a test needs that a machine may lack. Under CI=true scripts/test.js takes a skip for a failure.

/** The services in Go were built. */
export const hasGo: boolean = existsSync(PROGRAMS.idV4);

/** soketi runs on Node 20 alone. */
export const hasSoketi: boolean = process.versions.node.startsWith('20.');

/** The shells whose completion is tried: Debian's zsh and fish. */
export const hasZsh: boolean = onPath('zsh');
export const hasFish: boolean = onPath('fish');

/** Integrations are tried with their real clients, from Debian. */
export const hasPrometheus: boolean = onPath('prometheus');

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
