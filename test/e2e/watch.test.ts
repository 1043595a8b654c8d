import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { PROGRAMS } from '../support/processes.ts';
import { startInTerminal } from '../support/terminal.ts';
import type { RunningProgram } from '../support/processes.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
});
afterEach(() => cluster.end());

/** A watch that has told who is there already, as its one line. */
async function watching(args: string[] = []): Promise<RunningProgram> {
  await cluster.gateway();
  await cluster.idV5('first');
  const watch = cluster.cli(['watch', ...args]);
  await watch.line(/present/);
  return watch;
}

describe('rollcall watch', () => {
  it('lists instances, then shows which register, leave and crash; Ctrl+C ends it with 0', async () => {
    const watch = await watching();
    const leaver = await cluster.idV5('leaver');
    const [, place = ''] = await watch.line(/registered +\/v1 {2}(127\.0\.0\.1:\d+) {2}id-v5 /);
    leaver.kill('SIGTERM');
    await watch.line(new RegExp(`left +/v1 {2}${place} .*\\(it has left\\)`));

    const crasher = await cluster.idV5('crasher');
    crasher.kill('SIGKILL');
    await watch.line(/suspected .*\(it is gone from its presence channel\)/);
    await watch.line(/down .*\(its port refuses connections\)/);

    watch.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
    expect(watch.lines[0]).toMatch(/present .*\(it is healthy\)$/);
    const time = /^\d\d:\d\d:\d\d\.\d\d\d {2}/;
    for (const line of watch.lines) expect(line).toMatch(time);
  });

  it('shows that the broker is lost and back, and continues', async () => {
    const own = await cluster.withBrokerProcess();
    cluster = own;
    const watch = await watching();
    own.broker.kill('SIGKILL');
    await watch.line(/DISCONNECTED {2}lost the connection to the broker at 127\.0\.0\.1:\d+/);
    await own.restartBroker();
    await watch.line(/CONNECTED {2}connected to the broker/);
    await cluster.idV5('second');
    await watch.line(/registered/);
  });

  it('prints one JSON object a line with --json', async () => {
    const own = await cluster.withBrokerProcess();
    cluster = own;
    const watch = await watching(['--json']);
    await cluster.idV5('second');
    await watch.line(/registered/);
    own.broker.kill('SIGKILL');
    await watch.line(/disconnected/);
    const place = {
      prefix: '/v1',
      address: '127.0.0.1',
      port: expect.any(Number) as number,
      name: 'id-v5',
      id: expect.any(String) as string,
    };
    const [present, registered, lost] = watch.lines.map((line) => JSON.parse(line) as unknown);
    expect(present).toMatchObject({ type: 'present', ...place, reason: 'it is healthy' });
    expect(registered).toMatchObject({ type: 'registered', ...place });
    expect(lost).toMatchObject({ type: 'disconnected', time: expect.any(String) as string });
  });

  it('shows a table in a terminal, with the latest events below it', async () => {
    await cluster.gateway();
    await cluster.idV5('first');
    const terminal = startInTerminal(cluster, ['watch']);
    await terminal.line(/\/v1 +127\.0\.0\.1:\d+ +id-v5 +\S+32mhealthy/);
    const second = await cluster.idV5('second');
    await terminal.line(/2 instances/);
    second.kill('SIGKILL');
    await terminal.line(/id-v5 +\S+31mdown/);
    await terminal.line(/registered +\/v1/);
    expect((await terminal.interrupt()).code).toBe(0);
    expect(terminal.output().endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
  });

  it('ends when its reader closes the pipe', async () => {
    await cluster.gateway();
    await cluster.idV5('first');
    await cluster.idV5('second');
    const pipe = `"$0" "$1" watch | head -n 1; echo "ended with \${PIPESTATUS[0]}"`;
    const args = ['-c', pipe, process.execPath, PROGRAMS.cli];
    const shell = cluster.programs.file('bash', args, cluster.env);
    await shell.line(/present/);
    // It notices when it has something to say.
    await cluster.idV5('third');
    await shell.line(/^ended with 0$/);
  });
});
