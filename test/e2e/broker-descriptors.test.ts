import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { PROGRAMS, Programs } from '../support/processes.ts';

const programs = new Programs();
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await programs.endAll();
});

it.skipIf(process.platform !== 'linux')(
  'a broker outlives more idle connections than it has file descriptors, and serves metrics meanwhile',
  async () => {
    const limited = ['sh', '-c', 'ulimit -n 256; exec "$0" "$@"'];
    const args = ['broker', '--port', '0', '--metrics-port', '0'];
    const broker = programs.node(PROGRAMS.cli, args, {}, limited);
    const [, port] = await broker.line(/broker listens.*:(\d+)/);
    const [, metricsUrl = ''] = await broker.line(/metrics listen.*(http:\S+metrics)/);
    for (let n = 0; n < 400; n += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      sockets.push(socket);
    }
    await broker.line(/refused connection .* are open/);
    await sleep(500);
    expect((await fetch(metricsUrl)).status).toBe(200);

    for (const socket of sockets.splice(0)) socket.destroy();
    const up = async () => (await fetch(`http://127.0.0.1:${port}/up`).catch(() => null))?.status;
    await expect.poll(up).toBe(200);
    expect(broker.output).not.toMatch(/EMFILE/);
  },
);
