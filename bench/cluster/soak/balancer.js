// A load balancer as people put one in front of the nodes: TCP, round robin, to nodes whose /ready answers 200.
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const CHECK_MS = 200;

/** @typedef {{ readonly host: string, readonly port: number }} Address */

export class Balancer {
  #server = createServer((socket) => void this.#serve(socket));
  /** @type {Map<Address, boolean>} */
  #nodes = new Map();
  #next = 0;
  #isClosed = false;

  static async start() {
    const balancer = new Balancer();
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    void balancer.#check();
    return balancer;
  }

  /** @returns {Address} */
  get address() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return { host: '127.0.0.1', port };
  }

  /** @param {Address} node */
  add(node) {
    this.#nodes.set(node, false);
  }

  /** @param {Address} node */
  remove(node) {
    this.#nodes.delete(node);
  }

  /** Resolves when it sends clients to a node. @param {Address} node */
  async isUsed(node) {
    while (this.#nodes.get(node) !== true) await sleep(CHECK_MS / 4);
  }

  close() {
    this.#isClosed = true;
    this.#server.close();
  }

  async #check() {
    while (!this.#isClosed) {
      const checks = [...this.#nodes.keys()].map(async (node) => {
        const isReady = await answersReady(node);
        if (this.#nodes.has(node)) this.#nodes.set(node, isReady);
      });
      await Promise.all(checks);
      await sleep(CHECK_MS);
    }
  }

  /** @param {import('node:net').Socket} client */
  async #serve(client) {
    client.on('error', () => {});
    const ready = [...this.#nodes].filter(([, isReady]) => isReady).map(([node]) => node);
    for (let attempt = 0; attempt < ready.length; attempt++) {
      const node = ready[(this.#next = (this.#next + 1) % ready.length)];
      const upstream = node && (await connected(node));
      if (upstream === undefined) continue;
      client.pipe(upstream).pipe(client);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
      return;
    }
    client.destroy();
  }
}

/** @param {Address} node */
async function connected(node) {
  const socket = connect({ ...node, noDelay: true });
  socket.on('error', () => {});
  const isOpen = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    once(socket, 'close').then(() => false),
  ]);
  return isOpen ? socket : undefined;
}

/**
 * @param {Address} node
 * @returns {Promise<boolean>}
 */
function answersReady({ host, port }) {
  return new Promise((resolve) => {
    const request = get(
      { host, port, path: '/ready', agent: false, timeout: 1_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
