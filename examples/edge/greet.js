// A client of gRPC: `node greet.js NAME ADDRESS`
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const read = (name) => readFileSync(join(import.meta.dirname, name));
const [name, address = ''] = process.argv.slice(2);
const { helloworld } = loadPackageDefinition(
  loadSync(join(import.meta.dirname, 'helloworld.proto')),
);

const greeter = new helloworld.Greeter(address, credentials.createSsl(read('state/root.pem')), {
  // In place of DNS.
  'grpc.ssl_target_name_override': 'grpc.example.test',
  'grpc.default_authority': 'grpc.example.test',
});
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${read('state/token').toString()}`);
greeter.sayHello({ name }, metadata, (error, reply) => {
  console.log(error?.message ?? reply.message);
  greeter.close();
});
