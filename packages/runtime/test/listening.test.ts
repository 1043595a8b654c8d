import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { listen, listenError } from '../src/listening.ts';

it('returns the port that the system chose', async () => {
  const server = createServer();
  const { host, port } = await listen(server, '127.0.0.1', 0);
  expect(host).toBe('127.0.0.1');
  expect(server.address()).toMatchObject({ port });
  server.close();
});

it('rejects with the port, and with the setting that chooses another', async () => {
  const [one, other] = [createServer(), createServer()];
  const { port } = await listen(one, '127.0.0.1', 0);
  await expect(listen(other, '127.0.0.1', port, '--port')).rejects.toMatchObject({
    code: 'ROLLCALL_PORT_TAKEN',
    message: `port ${port} on 127.0.0.1 is taken: stop the program that listens there, or choose another port with --port`,
  });
  one.close();
});

it.each([
  ['EACCES', 'choose a port above 1023, or grant CAP_NET_BIND_SERVICE'],
  ['EADDRNOTAVAIL', 'choose an IP address of this machine'],
  ['EMFILE', 'choose another address or port'],
])('says what to do about %s', (code, advice) => {
  const error = listenError(Object.assign(new Error('listen'), { code }), '10.0.0.1', 80);
  expect(error.code).toBe('ROLLCALL_LISTEN');
  expect(error.message).toBe(`cannot listen on 10.0.0.1 port 80 (${code}): ${advice}`);
});
