import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PROGRAMS } from './processes.ts';

// What a test needs that a machine may lack. Under CI=true scripts/test.js takes a skip for a failure.

/** The services in Go were built. */
export const hasGo: boolean = existsSync(PROGRAMS.idV4);

/** soketi runs on Node 20 alone. */
export const hasSoketi: boolean = process.versions.node.startsWith('20.');

// Of Debian's packages, named as the programs are unless said.
export const hasPrometheus: boolean = isInstalled('prometheus');
export const hasHaproxy: boolean = isInstalled('haproxy');
export const hasCaddy: boolean = isInstalled('caddy');
/** In Debian's dnsutils. */
export const hasDig: boolean = isInstalled('dig');

function isInstalled(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
