// Agrees to become a tunnel, and sends back what comes through it: `node echo.js PORT`. It reads no frames.
import { createServer } from 'node:net';

const AGREED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.write(AGREED);
    socket.on('data', (bytes) => socket.write(bytes));
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
