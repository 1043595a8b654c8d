// A service that prints what it receives: PREFIX VERSION [ok | hang | crash | endless].
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { register } from '@rollcall/client';

const [prefix = '', version = '', mode = 'ok'] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  if (request.url === '/health') return response.end();
  const { method, url, headers } = request;
  const body = await buffer(request);
  const sha = createHash('sha256').update(body).digest('hex').slice(0, 16);
  const mark = headers['x-forwarded-mirror'] === 'true' ? 'copy' : 'request';
  console.log(`${mark} ${String(headers['x-request-id'])} ${method} ${url} ${body.length} ${sha}`);
  if (mode === 'crash') process.exit(1);
  if (mode === 'hang') return undefined;
  if (mode === 'ok') return response.end(version);
  // It ends with the connection.
  return pipeline(endless, response, () => {});
});

function* endless() {
  for (;;) yield Buffer.alloc(65_536);
}

server.listen(0, '127.0.0.1', async () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await register({ prefix, port, version, address: '127.0.0.1' });
  console.log('registered');
});
