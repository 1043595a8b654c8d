import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { register } from '../src/register.ts';

it('handles no signals after it has failed, so that it can be tried again', async () => {
  const refusing = createServer((_request, response) => response.writeHead(403).end());
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const { port } = refusing.address() as AddressInfo;
  const before = process.listeners('SIGTERM');
  const registering = register({
    prefix: '/v1',
    port: 3000,
    address: '127.0.0.1',
    connection: {
      appId: '7',
      key: 'k',
      secret: 's',
      tls: false,
      server: { host: '127.0.0.1', port },
      embedded: false,
    },
    onSignal: () => {},
  });
  // From the beginning: what is under way may be accepted, and has to be taken back.
  expect(process.listeners('SIGTERM')).toHaveLength(before.length + 1);
  await expect(registering).rejects.toMatchObject({ code: 'ROLLCALL_BROKER_REFUSED' });
  expect(process.listeners('SIGTERM')).toEqual(before);
  refusing.close();
});
