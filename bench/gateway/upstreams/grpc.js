// Answers each unary call of gRPC with the same small message: `node grpc.js PORT`.
import { createServer } from 'node:http2';

/** Not compressed, 16 bytes long (gRPC over HTTP/2, Length-Prefixed-Message). */
const MESSAGE = Buffer.concat([Buffer.from([0, 0, 0, 0, 16]), Buffer.alloc(16, 'x')]);

const server = createServer({ settings: { maxConcurrentStreams: 4096 } });
server.on('stream', (stream) => {
  stream.on('error', () => {});
  stream.resume();
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(MESSAGE);
});
server.listen(Number(process.argv[2]), '127.0.0.1');
