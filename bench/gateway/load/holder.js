// Holds idle connections, each of which has asked once: `node holder.js PORT COUNT HEAD_BYTES BEFORE`, where so many are held
// already. Reports when all are there.
import { connect } from 'node:net';

const [port = 0, count = 0, headBytes = 0, before = 0] = process.argv.slice(2).map(Number);
const PER_ADDRESS = 2500;
const AT_A_TIME = 50;
/** Of one field: some servers take no larger one. */
const FIELD_BYTES = 4000;
let fields = '';
for (let left = headBytes; left > 0; left -= FIELD_BYTES)
  fields += `X-Filler-${left}: ${'x'.repeat(Math.max(1, Math.min(left, FIELD_BYTES) - 20))}\r\n`;
const REQUEST = `GET /v1/x HTTP/1.1\r\nHost: localhost:${port}\r\n${fields}\r\n`;
let opened = 0;
let answered = 0;

for (let lane = 0; lane < AT_A_TIME; lane++) open();

function open() {
  if (opened === count) return;
  const localAddress = `127.0.0.${1 + Math.floor((before + opened++) / PER_ADDRESS)}`;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.write(REQUEST);
  socket.once('data', (answer) => {
    if (!answer.toString('latin1').startsWith('HTTP/1.1 200 ')) throw new Error(String(answer));
    answered++;
    if (answered === count) process.send?.('held');
    open();
  });
}
