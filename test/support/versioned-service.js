// A service of one version: PREFIX VERSION SEED FAILURES MEDIAN_MS. Latencies are log-normal; a share of the requests fails.
import { createServer } from 'node:http';
import { register } from '@rollcall/client';
import { randomFrom } from '../simulation/random.js';

const [prefix = '', version, seed, failures, medianMs] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const server = createServer((request, response) => {
  // Probes show nothing of it.
  const fails = request.url !== '/health' && random() < Number(failures);
  response.statusCode = fails ? 500 : 200;
  setTimeout(() => response.end(version), Number(medianMs) * Math.exp(0.3 * normal()));
});
server.listen(0, '127.0.0.1', async () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await register({ prefix, port, version, address: '127.0.0.1' });
  console.log('registered');
});
