// As much of etcd's gRPC API as the bench needs, over node:http2. By hand, so that etcd is not charged with the
// cost of a client library: this is the fastest that a Node program can talk to it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';

/**
 * Starts an etcd with its data in a new folder, and resolves to its URL; undefined if this machine has none.
 * @param {import('./parts.js').Parts} parts
 * @param {string} parent
 */
export async function startEtcd(parts, parent) {
  const folder = await mkdtemp(join(parent, 'rollcall-bench-etcd-'));
  parts.adoptFolder(folder);
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const etcd = spawn(
    'etcd',
    [
      '--data-dir',
      folder,
      '--log-level',
      'panic',
      '--logger',
      'zap',
      '--listen-client-urls',
      client,
      '--advertise-client-urls',
      client,
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `default=${peer}`,
    ],
    { stdio: 'ignore' },
  );
  const failed = once(etcd, 'error').then(() => false);
  if (!(await Promise.race([once(etcd, 'spawn').then(() => true), failed]))) return undefined;
  parts.adopt(etcd);
  await listens(client);
  return client;
}

/** One connection to an etcd. */
export class Etcd {
  #session;

  /** @param {string} url */
  constructor(url) {
    this.#session = connect(url);
  }

  /**
   * Resolves when the value is kept.
   * @param {string} key
   * @param {string} value
   */
  async put(key, value) {
    const stream = this.#call('/etcdserverpb.KV/Put');
    stream.end(frame(Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))])));
    stream.resume();
    const [trailers] = await once(stream, 'trailers');
    if (trailers['grpc-status'] !== '0') throw new Error(`etcd: ${trailers['grpc-message']}`);
  }

  /**
   * Tells of each answer to a watch of all keys that begin so; the first says that it has begun.
   * @param {string} prefix
   * @param {(message: Buffer) => void} onMessage
   */
  watch(prefix, onMessage) {
    const end = Buffer.from(prefix);
    end[end.length - 1] = (end.at(-1) ?? 0) + 1;
    const create = Buffer.concat([field(1, Buffer.from(prefix)), field(2, end)]);
    const stream = this.#call('/etcdserverpb.Watch/Watch');
    stream.write(frame(field(1, create)));
    let rest = Buffer.alloc(0);
    stream.on('data', (/** @type {Buffer} */ chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const length = rest.readUInt32BE(1);
        onMessage(rest.subarray(5, 5 + length));
        rest = rest.subarray(5 + length);
      }
    });
  }

  close() {
    this.#session.destroy();
  }

  /** @param {string} path */
  #call(path) {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
    return this.#session.request({ ...headers, te: 'trailers' });
  }
}

/** A message of gRPC: not compressed, its length, itself. @param {Buffer} message */
function frame(message) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A field of protobuf that is bytes. @param {number} number @param {Buffer} bytes */
function field(number, bytes) {
  const head = [(number << 3) | 2];
  let { length } = bytes;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  return Buffer.concat([Buffer.from([...head, length]), bytes]);
}

/** @param {string} url */
async function listens(url) {
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await delay(50);
  }
}
