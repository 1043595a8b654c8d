// A service with Express: version 4 with the argument 4, else 5.
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import express4 from 'express4';
import { listen } from '@rollcall/client/express';
import { logger } from './logger.js';

const app = process.argv[2] === '4' ? express4() : express();
app.get('/who', (_request, response) => {
  response.set('X-Server', process.env['SERVER_NAME']).send('I');
});
app.get('/health', (_request, response) => response.send('ok'));
app.get('/slow', (_request, response) => {
  console.log('asked');
  void delay(1000).then(() => response.send('late'));
});
const { registration } = await listen(app, {
  prefix: '/v1',
  port: process.env['PORT'] ?? 0,
  logger,
});
console.log(`listens at port ${registration.announcement.port}`);
