// Loaded before the command of a user: reports the longest stall of its event loop when asked.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();
process.on('message', () => {
  process.send?.({ longestStall: stalls.max / 1e6 });
});
