import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, BrokerCluster } from '../support/cluster.ts';
import { childrenOf, PROGRAMS } from '../support/processes.ts';
import { answers, SUBJECTS } from './subjects.ts';

/** Each program may have so many files and sockets open, clients have more. */
const DESCRIPTORS = 256;
const CLIENTS = 400;
const FEW = ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`];

const sockets: Socket[] = [];
let cluster: BrokerCluster;
beforeEach(async () => {
  cluster = await BrokerCluster.startWith('embedded');
});
afterEach(async () => {
  leave();
  await cluster.end();
});

/** Opens connections that never ask for anything. */
async function crowd(port: number): Promise<void> {
  for (let count = 0; count < CLIENTS; count++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
  }
  await sleep(1500);
}

function leave(): void {
  for (const socket of sockets.splice(0)) socket.destroy();
}

describe.runIf(process.platform === 'linux')('with more idle clients than descriptors', () => {
  it.each(Object.entries(SUBJECTS).filter(([name]) => name !== 'rollcall run'))(
    '%s goes on, and serves as before when they have left',
    async (_, startSubject) => {
      const subject = await startSubject(cluster, { via: FEW });
      const workers = childrenOf(subject.program.pid);
      await crowd(subject.port);
      await sleep(6000);
      leave();
      await answers(subject);
      expect(childrenOf(subject.program.pid)).toEqual(workers);
      expect(subject.program.output).not.toMatch(/EMFILE|cannot accept/);
    },
  );

  it.each(['1', '2'])(
    'a gateway with %s worker processes still answers others, keeps its instances healthy, and says it',
    async (workers) => {
      const instance = createServer((_request, response) => response.end('ok'));
      await once(instance.listen(0, '127.0.0.1'), 'listening');
      const { port: instancePort } = instance.address() as AddressInfo;
      const program = cluster.programs.node(
        PROGRAMS.cli,
        ['gateway', '--port', '0', '--workers', workers, '--admin-port', '0'],
        cluster.env,
        FEW,
      );
      const { port, adminUrl = '' } = await program.listening;
      await cluster.publish('register', {
        prefix: '/v1',
        address: '127.0.0.1',
        port: instancePort,
      });
      await program.line(/route registered/);
      await crowd(port);
      await crowd(Number(new URL(adminUrl).port));
      const statuses = [];
      for (let count = 0; count < 20; count++)
        statuses.push((await ask(`http://127.0.0.1:${port}/v1/x`)).status);
      expect(new Set(statuses)).toEqual(new Set([200]));
      await sleep(3000);
      await program.line(/closed connections of clients: too many are open/);
      expect(program.output).not.toMatch(/down|suspected|EMFILE|ended/);
      leave();
      await expect
        .poll(() =>
          ask(`${adminUrl}/api/status`).then(
            (a) => a.status,
            () => 0,
          ),
        )
        .toBe(200);
      instance.close().closeAllConnections();
    },
  );
});

describe.runIf(process.platform === 'linux')('with too few descriptors to start', () => {
  it.each(['gateway', 'broker', 'up', 'run'])(
    '`rollcall %s` says so in one line',
    async (command) => {
      const few = ['prlimit', '--nofile=24:24'];
      const program = cluster.programs.node(PROGRAMS.cli, [command], cluster.env, few);
      expect(await program.ended).toMatchObject({ code: 1 });
      expect(program.lines).toEqual([expect.stringMatching(/^rollcall: .*raise ulimit -n/)]);
    },
  );
});
