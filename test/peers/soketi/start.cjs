// Starts soketi on loopback and tells the parent process when it listens.
// Usage: node start.cjs PORT APP_ID KEY SECRET [sign-in], with an IPC channel. With sign-in it ends a
// connection that does not sign in within 30 s. With REDIS_PORT in the environment it is one node of as many as
// share that Redis; with
// REDIS_SENTINELS, which are ports, and REDIS_PRIMARY, the primary that these name.
const { Server } = require('@soketi/soketi');

const [port, id, key, secret, signIn] = process.argv.slice(2);
const { REDIS_PORT: redisPort, REDIS_SENTINELS: sentinels, REDIS_PRIMARY: primary } = process.env;

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
  'database.redis': sentinels
    ? {
        sentinels: sentinels.split(',').map((each) => ({ host: '127.0.0.1', port: Number(each) })),
        name: primary,
      }
    : { host: '127.0.0.1', port: Number(redisPort) },
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

const server = new Server({
  ...loopbackOnly,
  ...shared,
  port: Number(port),
  'appManager.array.apps': [app],
});
// As its command does.
const stop = () => server.stop().then(() => process.exit());
process.on('SIGTERM', stop);
process.on('uncaughtException', (error) => {
  console.error(error);
  stop();
});
process.on('disconnect', () => process.exit(0));
server.start(() => process.send({ host: '127.0.0.1', port: Number(port) }));
