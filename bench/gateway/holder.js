// Holds idle connections, each of which has asked once: `node holder.js PORT COUNT`. Tells when all are there.
import { connect } from 'node:net';

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const PER_ADDRESS = 2500;
const AT_A_TIME = 50;
let opened = 0;
let answered = 0;

for (let lane = 0; lane < AT_A_TIME; lane++) open();

function open() {
  if (opened === count) return;
  const localAddress = `127.0.0.${1 + Math.floor(opened++ / PER_ADDRESS)}`;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.write(`GET /v1/x HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  socket.once('data', () => {
    answered++;
    if (answered === count) process.send?.('held');
    open();
  });
}
