// A service that announces itself, in a process that can be stopped.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { register, registryFromEnv } from '@rollcall/client';
import { tell } from './parts.js';

const server = createServer((_request, response) => response.end('well'));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
await register({
  prefix: '/victim',
  address: '127.0.0.1',
  port,
  registry: registryFromEnv(process.env),
});
tell({ port });
