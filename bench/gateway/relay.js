// The least that this runtime does for such work, by the handles of its sockets. Passes bytes on and parses nothing, each client
// with a connection of its own to the upstream; with a certificate, answers itself. Prints `listening`.
import { readFileSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { ANSWER } from './configs.js';

const [port, upstreamPort, cert, key] = process.argv.slice(2);
// As the data plane writes where it can: see packages/proxy/src/node-internals.ts.
const { WriteWrap } = /** @type {any} */ (process).binding('stream_wrap');
/** Every read is used before the next one. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);
const request = new WriteWrap();

/** @param {() => any} to a handle */
function passOn(to) {
  /** @param {number} size */
  const callback = (size) => {
    to().writeLatin1String(request, shared.toString('latin1', 0, size));
    return true;
  };
  return { buffer: shared, callback };
}

/** @param {any} handle of a client */
function relay(handle) {
  handle.setNoDelay(true);
  const onread = passOn(() => handle);
  const upstream = connect({
    port: Number(upstreamPort),
    host: '127.0.0.1',
    noDelay: true,
    onread,
  });
  const upstreamHandle = /** @type {any} */ (upstream)['_handle'];
  const client = new Socket(
    /** @type {any} */ ({ handle, onread: passOn(() => upstreamHandle), manualStart: true }),
  );
  upstream.on('connect', () => client.read(0));
  client.on('error', () => {}).on('close', () => upstream.destroy());
  upstream.on('error', () => {}).on('close', () => client.destroy());
}

if (cert === undefined || key === undefined) {
  const server = createServer().listen(Number(port), '127.0.0.1', () => {
    /** @type {any} */ (server)['_handle'].onconnection = (
      /** @type {number} */ status,
      /** @type {any} */ handle,
    ) => {
      if (status === 0) relay(handle);
    };
    console.log('listening');
  });
} else {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER.length}\r\nConnection: close\r\n\r\n${ANSWER}`;
  createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, (client) => {
    client.on('error', () => {}).once('data', () => client.end(answer));
  }).listen(Number(port), '127.0.0.1', () => console.log('listening'));
}
