// The program of a worker process. node:cluster ends it when its primary ends.
import { collectRarely } from '@rollcall/runtime';
import { Worker } from './worker.ts';
import { FROM_WORKER } from './messages.ts';
import type { FromWorker } from './messages.ts';

function send(message: FromWorker): void {
  if (process.connected) process.send?.(FROM_WORKER.encode(message, performance.timeOrigin));
}

// Terminals and systemd signal every process of the group, but the primary decides when workers end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

collectRarely();
const worker = new Worker(send);
process.on('message', (message) => {
  void worker.receive(message).then((hasClosed) => {
    // Ends the process once every message is sent.
    if (hasClosed) process.disconnect();
  });
});
send({ type: 'hello' });
