// What this runtime can do at most: passes bytes on and parses nothing. Each client gets a connection of
// its own to the upstream. Prints `listening`.
import { connect, createServer } from 'node:net';

const [port, upstreamPort] = process.argv.slice(2).map(Number);
createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: upstreamPort ?? 0, host: '127.0.0.1', noDelay: true });
  client.on('data', (bytes) => {
    if (!upstream.write(bytes)) client.pause();
  });
  upstream.on('data', (bytes) => {
    if (!client.write(bytes)) upstream.pause();
  });
  client.on('drain', () => upstream.resume());
  upstream.on('drain', () => client.resume());
  client.on('error', () => {}).on('close', () => upstream.destroy());
  upstream.on('error', () => {}).on('close', () => client.destroy());
}).listen(port, '127.0.0.1', () => console.log('listening'));
