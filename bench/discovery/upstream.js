// The HTTP server that all instances of a bench announce, alone in its process.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tell } from './parts.js';

const server = createServer((_request, response) => response.end('well'));
// At every address of loopback: each instance has its own.
server.listen({ host: '0.0.0.0', port: 0, backlog: 4096 });
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
tell({ port });
