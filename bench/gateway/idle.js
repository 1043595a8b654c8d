// What an idle connection of a client takes of a proxy's memory. What the system keeps for it is not counted.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxies } from './proxies.js';
import { show } from './report.js';
import { LOAD_CORE, Rig, memory, script } from './rig.js';
import { saturate } from './wrk.js';

const SETTLE_MS = 500;

/** @param {{ proxies: readonly string[], connections: number, warmUp: number }} sizes */
export async function idle({ proxies: names, connections, warmUp }) {
  const results = [];
  for (const name of names) {
    const rig = new Rig();
    try {
      const { proxies } = await startProxies(rig, [name]);
      const [proxy] = proxies;
      if (proxy === undefined) continue;
      // What a proxy allocates once is there by then.
      saturate(proxy, { connections: 64, seconds: warmUp });
      const before = memory(proxy.pid);
      const command = [
        process.execPath,
        script('holder.js'),
        String(proxy.port),
        String(connections),
      ];
      await once(rig.start(LOAD_CORE, command), 'message');
      await sleep(SETTLE_MS);
      results.push({ name, bytes: (memory(proxy.pid) - before) / connections });
    } finally {
      await rig.end();
    }
  }
  show(
    [`${connections} idle connections`, 'bytes each'],
    results.map(({ name, bytes }) => [name, bytes]),
  );
  return results;
}
