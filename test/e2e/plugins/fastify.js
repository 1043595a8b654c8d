// A service with Fastify.
import { setTimeout as delay } from 'node:timers/promises';
import { fastify } from 'fastify';
import { rollcall } from '@rollcall/client/fastify';
import { logger } from './logger.js';

const app = fastify();
app.get('/who', (_request, reply) => {
  reply.header('X-Server', process.env['SERVER_NAME']).send('I');
});
app.get('/health', async () => 'ok');
app.get('/slow', async () => {
  console.log('asked');
  await delay(1000);
  return 'late';
});
app.register(rollcall, { prefix: '/v1', logger });
await app.listen({ port: Number(process.env['PORT'] ?? 0), host: '127.0.0.1' });
console.log(`listens at port ${app.addresses()[0]?.port}`);
