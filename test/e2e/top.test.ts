import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { startInTerminal } from '../support/terminal.ts';

let cluster: Cluster;
let gateway: RunningGateway;
beforeEach(async () => {
  cluster = await Cluster.start();
  gateway = await cluster.gateway();
  await cluster.idV5('first');
  await gateway.program.line(/route registered/);
});
afterEach(() => cluster.end());

const top = (...args: string[]) => cluster.cli(['top', '--admin', gateway.adminUrl, ...args]);

describe('rollcall top', () => {
  it('prints one plain table with --once, and exits with 0', async () => {
    const program = top('--once');
    expect((await program.ended).code).toBe(0);
    const [headline, link, , head, service, instance] = program.lines;
    expect(headline).toMatch(/ {2}1 service, 1 instance$/);
    expect(link).toMatch(/^connected to 127\.0\.0\.1:\d+ for \d+ s$/);
    expect(head).toMatch(/^SERVICE .*P99 MS$/);
    expect(service).toMatch(/^\/v1 +1 of 1 /);
    expect(instance).toMatch(/^ {2}127\.0\.0\.1:\d+ +id-v5 +healthy +\d+ s/);
    expect(program.output).not.toContain('\x1b');
  });

  it('prints one table after another to a pipe, even after the gateway ends', async () => {
    const program = top('--json');
    await program.line(/"discovery":"connected"/);
    await program.nextLine(/"discovery":"connected"/);
    gateway.program.kill('SIGKILL');
    await program.line(/^rollcall: no gateway's admin API answers/);
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
  });

  it('redraws in place in a terminal, and restores it', async () => {
    const terminal = startInTerminal(cluster, ['top', '--admin', gateway.adminUrl]);
    await terminal.line(/127\.0\.0\.1:\d+ +id-v5 +\S+32mhealthy/);
    expect((await terminal.interrupt()).code).toBe(0);
    expect(terminal.output().startsWith('\x1b[?1049h\x1b[?25l\x1b[Hhttp')).toBe(true);
    expect(terminal.output().endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
  });
});
