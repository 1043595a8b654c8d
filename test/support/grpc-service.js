// A service of gRPC that answers every call with its name, and health checks with this number.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { register } from '@rollcall/client';

const [name, health = 1] = process.argv.slice(2);
const bytes = (value) => value;

function method(path, requestStream = false, responseStream = false) {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}

const server = new Server();
server.addService(
  { hello: method('/test.Greeter/Hello'), chat: method('/test.Greeter/Chat', true, true) },
  {
    hello: (_call, done) => setTimeout(() => done(null, Buffer.from(name)), 5),
    chat: (call) => {
      call.on('data', () => call.write(Buffer.from(name)));
      call.on('end', () => call.end());
    },
  },
);
// Of `HealthCheckResponse` the field `status`: 1 is SERVING.
server.addService(
  { check: method('/grpc.health.v1.Health/Check') },
  { check: (_call, done) => done(null, Buffer.from([8, Number(health)])) },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), async (_error, port) => {
  await register({
    prefix: '/test.Greeter',
    port,
    scheme: 'h2c',
    health: { path: '/', method: 'GRPC' },
    policy: { strip: false },
    onSignal: () => new Promise((resolve) => server.tryShutdown(resolve)),
  });
  console.log('registered');
});
