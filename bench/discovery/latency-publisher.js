// The process that announces: one instance at a time by the arm it is told, over connections kept alive.
import { connectionsOf, registryFromEnv } from '@rollcall/client';
// Not part of the package's interface: register() would open a connection of its own for each instance.
import { createPublisher } from '../../packages/client/dist/transport/publisher.js';
import { Etcd } from './etcd.js';
import { now, tell } from './parts.js';

const [connection] = connectionsOf(registryFromEnv(process.env));
const publisher = createPublisher(connection);
/** @type {Record<string, Etcd>} */
const etcds = {};
for (const [arm, url] of Object.entries(JSON.parse(process.env['ETCDS'] ?? '{}')))
  etcds[arm] = new Etcd(url);

process.on('message', (/** @type {{ arm: string, id: string }} */ { arm, id }) => {
  void announce(arm, id);
});
tell({});

/** @param {string} arm @param {string} id */
async function announce(arm, id) {
  const announcement = {
    prefix: '/bench',
    address: '127.0.0.1',
    port: 3e3,
    name: 'bench',
    version: '1.0.0',
    id,
    inc: 1,
    seq: 0,
    ttl: 300,
  };
  const etcd = etcds[arm];
  const sent = now();
  if (etcd === undefined) {
    await publisher.publish(connection.channels.registry, 'register', announcement);
  } else {
    await etcd.put(`/bench/${id}.`, JSON.stringify(announcement));
  }
  tell({ sent, accepted: now() });
}
