// Starts soketi on loopback and tells the parent process when it listens.
// Usage: node start.cjs PORT APP_ID KEY SECRET [sign-in], with an IPC channel. With sign-in it ends a
// connection that does not sign in within 30 s. With REDIS_PORT in the environment it is one node of as many as
// share that Redis.
const { Server } = require('@soketi/soketi');

const [port, id, key, secret, signIn] = process.argv.slice(2);
const redisPort = process.env.REDIS_PORT;

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

const app = {
  id,
  key,
  secret,
  enableClientMessages: true,
  enableUserAuthentication: signIn === 'sign-in',
  ...unlimited,
};

Server.start(
  {
    ...loopbackOnly,
    ...shared,
    port: Number(port),
    'appManager.array.apps': [app],
  },
  () => process.send({ host: '127.0.0.1', port: Number(port) }),
);
process.on('disconnect', () => process.exit(0));
