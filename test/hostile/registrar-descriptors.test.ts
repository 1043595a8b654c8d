import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningProgram } from '../support/processes.ts';
import { answers, answersFor, endsInTime, SUBJECTS } from './subjects.ts';
import type { Subject } from './subjects.ts';

/** A registrar tries to connect about twice a second. */
const SEVERAL_ATTEMPTS_MS = 3000;

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start('embedded');
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
      'of %s is there for a gateway again when it has them, and leaves in time',
      async (_, start) => {
        const subject = await start();
        const { program } = subject;
        const gateway = await cluster.gateway();
        await gateway.program.line(/route registered/);
        limitDescriptors(program, 3);
        cluster.broker.kill('SIGKILL');
        await cluster.broker.ended;
        await cluster.restartBroker();
        // Some attempts to connect fail.
        await sleep(SEVERAL_ATTEMPTS_MS);
        limitDescriptors(program, 1024);
        await answers(subject);
        const another = await cluster.gateway();
        await another.program.line(/route registered/);
        await answersFor(subject, 500);
        await endsInTime(subject);
      },
    );
  },
);
