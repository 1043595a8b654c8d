// The service of gRPC.
import { join } from 'node:path';
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { register } from '@rollcall/client';

const { helloworld } = loadPackageDefinition(
  loadSync(join(import.meta.dirname, 'helloworld.proto')),
);

const server = new Server();
server.addService(helloworld.Greeter.service, {
  sayHello: ({ request }, done) => done(null, { message: `Hello ${request.name}` }),
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), async (error, port) => {
  if (error) throw error;
  await register({
    prefix: '/helloworld.Greeter',
    name: 'greeter',
    port,
    scheme: 'h2c',
    policy: { strip: false },
    onSignal: () => new Promise((resolve) => server.tryShutdown(resolve)),
  });
  console.log('registered');
});
