import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { ask, BrokerCluster } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';
import { childrenOf } from '../support/processes.ts';
import type { RunningProgram } from '../support/processes.ts';
import { answers, answersFor, endsInTime, SUBJECTS } from './subjects.ts';
import type { Subject } from './subjects.ts';

/** What a registrar says of it: in TypeScript, and in Go. */
const SHORTAGE = /cannot reach the broker .*this machine lacks descriptors|too many open files/;

let cluster: BrokerCluster;
beforeEach(async () => {
  cluster = await BrokerCluster.startWith('embedded');
});
afterEach(() => cluster.end());

/** Sets how many files and sockets the process may have open from now on. Those that are open stay so. */
function limitDescriptors({ pid }: RunningProgram, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:4096`]);
}

function subjectOf(program: RunningProgram, port: string, path: string): Subject {
  const url = `http://127.0.0.1:${port}${path}`;
  return {
    program,
    port: Number(port),
    expected: 200,
    status: async () => (await ask(url)).status,
  };
}

const REGISTRARS: Readonly<Record<string, () => Promise<Subject>>> = {
  'rollcall run': async () => {
    const subject = await SUBJECTS['rollcall run']?.(cluster);
    if (subject === undefined) throw new Error('there is no such subject');
    await subject.program.line(/registered/);
    return subject;
  },
  'a service in TypeScript': async () => {
    const program = await cluster.idV5('one');
    const [, port = ''] = await program.line(/listens.* port=(\d+)/);
    return subjectOf(program, port, '/health');
  },
  'a service in Go': async () => {
    const program = await cluster.idV4('one');
    const [, port = ''] = await program.line(/registered .*?(\d+)$/);
    return subjectOf(program, port, '/health');
  },
};

describe.runIf(process.platform === 'linux')(
  'a registrar that loses the broker and lacks descriptors',
  () => {
    it.each(Object.entries(REGISTRARS))(
      'of %s says so, is there for a gateway again when it has them, and leaves in time',
      async (_, start) => {
        const subject = await start();
        const { program } = subject;
        const gateway = await cluster.gateway();
        await gateway.program.line(/route registered/);
        limitDescriptors(program, 3);
        cluster.broker.kill('SIGKILL');
        await cluster.broker.ended;
        await cluster.restartBroker();
        await program.line(SHORTAGE);
        limitDescriptors(program, 1024);
        await answers(subject);
        const another = await cluster.gateway();
        await another.program.line(/route registered/);
        await answersFor(subject, 500);
        await endsInTime(subject);
      },
    );

    it('of rollcall run says so while its program starts, and registers that when it has them', async () => {
      const port = String(await freePort());
      const args = ['--prefix', '/v9', '--address', '127.0.0.1', '--port', port];
      const program = cluster.cli(['run', ...args, '--', 'sleep', '60']);
      await vi.waitUntil(() => childrenOf(program.pid).length === 1);
      limitDescriptors(program, 3);
      await program.line(/still waiting .*: this machine lacks descriptors.* \(EMFILE\)/);
      const server = createServer().listen(Number(port), '127.0.0.1');
      limitDescriptors(program, 1024);
      await program.line(/registered prefix=\/v9/);
      server.close();
      await endsInTime({ program });
    });
  },
);
