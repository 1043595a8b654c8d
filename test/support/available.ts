import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { has } from '../../bench/gateway/rig.js';
import { PROGRAMS } from './processes.ts';

// What a test needs that a machine may lack. Under CI=true scripts/test.js takes a skip for a failure.

/** The services in Go were built. */
export const hasGo: boolean = existsSync(PROGRAMS.idV4);

/** soketi runs on Node 20 alone. */
export const hasSoketi: boolean = process.versions.node.startsWith('20.');

/** What the bench of the gateway needs. To have it run on Debian: apt-get install nginx-light wrk util-linux. */
export const hasGatewayBench: boolean = ['nginx', 'wrk', 'taskset'].every(has);

/** The shells whose completion is tried: Debian's zsh and fish. */
export const hasZsh: boolean = onPath('zsh');
export const hasFish: boolean = onPath('fish');

/** Integrations are tried with their real clients, from Debian. */
export const hasPrometheus: boolean = onPath('prometheus');

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
