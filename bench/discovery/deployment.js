// Observers as gateways are, and services with their registrars: all that talks to the broker.
import { registryFromEnv, discover, register } from '@rollcall/client';
import { Journal } from '@rollcall/protocol';
import { loopbackAddress, tell } from './parts.js';

/** So many of a rollout at a time. */
const BATCH = 10;

const connection = registryFromEnv(process.env);
const port = Number(process.env['UPSTREAM']);
const count = Number(process.env['INSTANCES']);

/** @type {import('@rollcall/client').Directory[]} */
const gateways = [];
/** @type {import('@rollcall/client').Registration[]} */
let instances = [];
let registered = 0;

const commands = {
  async gateway() {
    const options = { registry: connection, answersRollCalls: true, journal: new Journal() };
    const gateway = await discover({ ...options, probes: 'always' });
    await gateway.ready(1500);
    gateways.push(gateway);
  },
  async restart() {
    gateways.shift()?.close();
    await commands.gateway();
  },
  /** Replaces every instance, or begins with the first ones. */
  async rollout() {
    const before = instances;
    instances = [];
    for (let at = 0; at < count; at += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, count - at) }, () => instance());
      instances.push(...(await Promise.all(batch)));
      await Promise.all(before.slice(at, at + BATCH).map((each) => each.leave()));
    }
  },
};

function instance() {
  return register({
    prefix: '/bench',
    address: loopbackAddress(registered++),
    port,
    registry: connection,
    name: 'bench',
    version: '1.0.0',
  });
}

process.on('message', (/** @type {keyof typeof commands} */ command) => {
  void commands[command]().then(() =>
    tell({ routable: gateways.map((each) => each.routable('/bench').length) }),
  );
});
tell({});
