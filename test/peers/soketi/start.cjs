// Starts soketi on loopback and tells the parent process when it listens.
// Usage: node start.cjs PORT APP_ID KEY SECRET [REDIS_PORT], with an IPC channel. With Redis it is one node
// of as many as share that.
const { Server } = require('@soketi/soketi');

const [port, id, key, secret, redisPort] = process.argv.slice(2);

// All of them: even with the local adapter it would otherwise broadcast UDP beyond this machine.
const loopbackOnly = {
  host: '127.0.0.1',
  'metrics.enabled': false,
  'cluster.address': '127.0.0.1',
  'cluster.unicast': '127.0.0.1',
  'cluster.port': Number(port) + 1,
};
const shared = redisPort && {
  'adapter.driver': 'redis',
  'database.redis': { host: '127.0.0.1', port: Number(redisPort) },
};
const unlimited = {
  maxBackendEventsPerSecond: -1,
  maxClientEventsPerSecond: -1,
  maxReadRequestsPerSecond: -1,
};

Server.start(
  {
    ...loopbackOnly,
    ...shared,
    port: Number(port),
    'appManager.array.apps': [{ id, key, secret, enableClientMessages: true, ...unlimited }],
  },
  () => process.send({ host: '127.0.0.1', port: Number(port) }),
);
process.on('disconnect', () => process.exit(0));
