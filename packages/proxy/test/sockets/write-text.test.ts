import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { needsDrain, writeText } from '../../src/sockets/write-text.ts';

const open: { destroy(): unknown }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

/** Two ends of a connection, the second of which reads nothing yet. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await accepted) as [Socket];
  if (near.connecting) await once(near, 'connect');
  server.close();
  open.push(near, far);
  return [near, far];
}

/** Writes numbered lines until the other end would have to read first. */
function fill(socket: Socket): string {
  let written = '';
  for (let line = 0; !needsDrain(socket); line++) {
    const text = `${line} ${'x'.repeat(4000)}\n`;
    writeText(socket, text);
    written += text;
  }
  return written;
}

async function read(socket: Socket, length: number): Promise<string> {
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
  socket.resume();
  while (heard.length < length) await once(socket, 'data');
  return heard;
}

describe('text written past the stream', () => {
  it('waits once the system takes no more, comes complete and in order, and then emits drain', async () => {
    const [near, far] = await pair();
    const written = fill(near);
    // Behind what waits, and by the way of the stream.
    near.write('the end', 'latin1');
    const drained = once(near, 'drain');
    expect(await read(far, written.length + 7)).toBe(`${written}the end`);
    await drained;
    expect(needsDrain(near)).toBe(false);
    expect(writeText(near, 'on')).toBe(true);
  });

  it('is all written before an end', async () => {
    const [near, far] = await pair();
    const written = fill(near);
    near.end();
    const ended = once(far, 'end');
    expect(await read(far, written.length)).toBe(written);
    await ended;
  });

  it('closes the connection if the other end has gone meanwhile', async () => {
    const [near, far] = await pair();
    near.on('error', () => {});
    fill(near);
    const closed = new Promise((resolve) => near.once('close', resolve));
    far.resetAndDestroy();
    await closed;
    expect(writeText(near, 'too late')).toBe(false);
  });
});
