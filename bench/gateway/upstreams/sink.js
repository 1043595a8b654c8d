// Reads bodies of a known length and answers each with 200, at next to no cost: `node sink.js PORT`.
import { createServer } from 'node:net';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

createServer({ noDelay: true }, (socket) => {
  let head = '';
  let left = 0;
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    let come = bytes.length;
    if (left === 0) {
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      come = head.length - end - 4;
      left = Number(/\ncontent-length: *(\d+)/i.exec(head)?.[1]);
      head = '';
    }
    left -= come;
    if (left === 0) socket.write(OK);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
