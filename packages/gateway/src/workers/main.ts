// What a worker's process runs. It ends with its primary, however that ends: node:cluster sees to it.
import { Worker } from './worker.ts';
import { FROM_WORKER } from './messages.ts';
import type { FromWorker } from './messages.ts';

function send(message: FromWorker): void {
  if (process.connected) process.send?.(FROM_WORKER.encode(message, performance.timeOrigin));
}

// A terminal and systemd signal every process of a group; when workers end is for the primary to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const worker = new Worker(send);
process.on('message', (message) => {
  void worker.receive(message).then((hasClosed) => {
    // When all that was said has gone: and that ends the process.
    if (hasClosed) process.disconnect();
  });
});
send({ type: 'hello' });
