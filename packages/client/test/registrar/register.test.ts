import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { connectionTo } from '../../../../test/support/connection.ts';
import { register } from '../../src/registrar/register.ts';

it('removes its signal handlers after a failure', async () => {
  const refusing = createServer((_request, response) => response.writeHead(403).end());
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const { port } = refusing.address() as AddressInfo;
  const before = process.listeners('SIGTERM');
  const registering = register({
    prefix: '/v1',
    port: 3000,
    address: '127.0.0.1',
    mode: 'lease',
    registry: connectionTo(port),
    requireBroker: true,
    onSignal: () => {},
  });
  // From the beginning: what is under way may be accepted, and has to be taken back.
  expect(process.listeners('SIGTERM')).toHaveLength(before.length + 1);
  await expect(registering).rejects.toMatchObject({ code: 'ROLLCALL_BROKER_REFUSED' });
  expect(process.listeners('SIGTERM')).toEqual(before);
  refusing.close();
});
