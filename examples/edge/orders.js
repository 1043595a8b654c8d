// The API, at /orders: `node orders.js VERSION [FAILURES]`. It responds with its version and the consumer that called.
// FAILURES is the share of requests that fail, such as 0.1.
import { createServer } from 'node:http';
import { drain, register } from '@rollcall/client';

const [version = '1.4', failures = '0'] = process.argv.slice(2);

const server = createServer((request, response) => {
  // Probes show nothing of it.
  const fails = request.url !== '/health' && Math.random() < Number(failures);
  const body = JSON.stringify({ version, consumer: request.headers['x-consumer'] });
  response.writeHead(fails ? 500 : 200, { 'content-type': 'application/json' });
  // As if it had something to do.
  setTimeout(() => response.end(`${body}\n`), 5 + 10 * Math.random());
});

server.listen(0, '127.0.0.1', async () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const onSignal = () => drain(server);
  await register({ prefix: '/orders', name: 'orders', version, port, onSignal });
  console.log('registered');
});
