// A service that answers every request with its name. It serves prefixes on one port, in as many processes as given.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { register } from '@rollcall/client';

const [name, address, port, mode, processes, ...prefixes] = process.argv.slice(2);
if (cluster.isPrimary && processes > 1) {
  for (let count = 0; count < processes; count++) cluster.fork();
} else {
  const server = createServer((_request, response) => response.end(name));
  server.listen(Number(port), address, async () => {
    const announced = { address, port: Number(port), mode };
    await Promise.all(prefixes.map((prefix) => register({ prefix, ...announced })));
    console.log('all registered');
  });
}
