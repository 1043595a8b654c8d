// Asks at a constant rate, not waiting for answers, and prints how long answers took: from when a request was due,
// not from when a connection was free for it, or a proxy that stalls would be asked less and look well.
// `node constant-rate.js PORT RATE SECONDS CONNECTIONS`.
import { connect } from 'node:net';
import { ANSWER } from '../configs.js';

const [port = 0, rate = 0, seconds = 0, connections = 0] = process.argv.slice(2).map(Number);
const REQUEST = `GET /v1/x HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
const END = Buffer.from(ANSWER.slice(-8));
const WARM_UP = 0.2;

const total = Math.floor(rate * seconds);
const tookMs = new Float64Array(total);
let sent = 0;
let answered = 0;
let start = 0;

/** @typedef {{ socket: import('node:net').Socket, index: number }} Connection */
/** @type {Connection[]} */
const free = [];

for (let count = 0; count < connections; count++) {
  const connection = { socket: connect(place(() => done(connection))), index: 0 };
  connection.socket.once('connect', () => {
    free.push(connection);
    if (free.length === connections) begin();
  });
}

/** @param {() => void} onAnswer */
function place(onAnswer) {
  const buffer = Buffer.allocUnsafeSlow(16 * 1024);
  /** @type {(size: number, bytes: Uint8Array) => boolean} */
  const callback = (size, bytes) => {
    if (Buffer.compare(bytes.subarray(size - END.length, size), END) === 0) onAnswer();
    return true;
  };
  return { port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } };
}

function begin() {
  start = performance.now();
  const timer = setInterval(() => {
    ask();
    if (answered === total) clearInterval(timer);
  }, 1);
}

function ask() {
  const due = Math.min(total, ((performance.now() - start) * rate) / 1000);
  while (sent < due) {
    const connection = free.pop();
    if (connection === undefined) return;
    connection.index = sent++;
    connection.socket.write(REQUEST, 'latin1');
  }
}

/** @param {Connection} connection */
function done(connection) {
  tookMs[connection.index] = performance.now() - start - (connection.index * 1000) / rate;
  answered++;
  free.push(connection);
  ask();
  if (answered === total) tell();
}

function tell() {
  const sorted = tookMs.subarray(Math.floor(total * WARM_UP)).toSorted();
  const at = (/** @type {number} */ share) => sorted[Math.floor(sorted.length * share)];
  console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99), p999: at(0.999) }));
  process.exit();
}
