import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerCluster } from '../support/cluster.ts';
import { childrenOf } from '../support/processes.ts';
import { answersFor, endsInTime, SUBJECTS } from './subjects.ts';
import { servesFor, world, WORKERS } from './world.ts';

/** Gets what no other program wants. */
const LAST = ['nice', '-n', '19'];

const busy: ChildProcess[] = [];
afterEach(rest);

/** Takes all that the processors have, until `rest`. */
function work(): void {
  for (let count = 0; count < 4; count++)
    busy.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
}

function rest(): void {
  for (const child of busy.splice(0)) child.kill('SIGKILL');
}

describe('a machine without CPU to spare', () => {
  it.each(WORKERS)(
    'makes a gateway with %s worker processes slow, and fails no request',
    async (workers) => {
      const { gateway, url } = await world({ args: ['--workers', workers], via: LAST });
      const before = childrenOf(gateway.pid);
      work();
      await servesFor(url, 5000);
      rest();
      await servesFor(url, 500);
      expect(childrenOf(gateway.pid)).toEqual(before);
    },
  );

  it.each(Object.entries(SUBJECTS).filter(([name]) => !name.startsWith('a gateway')))(
    'makes %s slow, and ends it not',
    async (_, startSubject) => {
      const cluster = await BrokerCluster.startWith('embedded');
      try {
        const subject = await startSubject(cluster, { via: LAST });
        const before = childrenOf(subject.program.pid);
        work();
        await answersFor(subject, 3000);
        rest();
        await answersFor(subject, 500);
        expect(childrenOf(subject.program.pid)).toEqual(before);
        await endsInTime(subject);
      } finally {
        await cluster.end();
      }
    },
  );
});
