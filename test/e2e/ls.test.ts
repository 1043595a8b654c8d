import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { startInTerminal } from '../support/terminal.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
});
afterEach(() => cluster.end());

describe('rollcall ls', () => {
  it('shows each instance with the host that it announces, and its state in colour only in a terminal', async () => {
    await cluster.gateway();
    await cluster.idV5('some-host');
    const terminal = startInTerminal(cluster, ['ls']);
    await terminal.line(/^\/v1 +127\.0\.0\.1 +\d+ +id-v5 +some-host +\S+32mhealthy/);
    const piped = cluster.cli(['ls']);
    await piped.ended;
    expect(piped.output).toMatch(/^\/v1 +127\.0\.0\.1 +\d+ +id-v5 +some-host +healthy/m);
  });
});
