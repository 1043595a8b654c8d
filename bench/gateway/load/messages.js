// Sends WebSocket messages of 128 bytes through tunnels, each once the one before is back, and prints how many came back.
// `node messages.js PORT SECONDS CONNECTIONS`.
import { connect } from 'node:net';

const [port = 0, seconds = 0, connections = 0] = process.argv.slice(2).map(Number);
const UPGRADE = `GET /v3/x HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
/** RFC 6455 §5.2: the last frame of a text, masked, 128 bytes long. */
const MESSAGE = Buffer.concat([
  Buffer.from([0x81, 0xfe, 0, 128, 0, 0, 0, 0]),
  Buffer.alloc(128, 'x'),
]);

let open = 0;
let count = 0;
let isOver = false;
const sockets = Array.from({ length: connections }, () => tunnel());

function tunnel() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(UPGRADE);
  socket.once('data', (head) => {
    if (!head.toString('latin1').startsWith('HTTP/1.1 101 ')) throw new Error(head.toString());
    let come = 0;
    socket.on('data', (bytes) => {
      come += bytes.length;
      if (come < MESSAGE.length) return;
      if (come > MESSAGE.length || bytes[bytes.length - 1] !== 0x78) throw new Error('not an echo');
      come = 0;
      count++;
      if (!isOver) socket.write(MESSAGE);
    });
    if (++open === connections) begin();
  });
  return socket;
}

function begin() {
  for (const socket of sockets) socket.write(MESSAGE);
  setTimeout(() => {
    isOver = true;
    console.log(JSON.stringify({ rate: count / seconds, count }));
    process.exit();
  }, seconds * 1000);
}
