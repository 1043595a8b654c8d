import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APP } from '../../support/connection.ts';
import { elapsed } from '../../support/elapsed.ts';
import { Network, whyNoNamespaces } from '../../support/network.ts';
import type { Host } from '../../support/network.ts';
import { PROGRAMS, Programs } from '../../support/processes.ts';
import type { RunningProgram } from '../../support/processes.ts';

/** A connection is given up 15 s after it has fallen silent. */
const SILENCE_FOUND_OUT_MS = 60_000;

const BROKER_PORT = '6001';
const why = whyNoNamespaces();

describe.skipIf(why !== undefined)(`hosts of a network${why ? ` (skipped: ${why})` : ''}`, () => {
  let network: Network;
  let programs: Programs;
  /** Where the broker is, and a gateway. */
  let hub: Host;
  let gateway: RunningProgram;
  beforeEach(async () => {
    network = new Network();
    programs = new Programs();
    hub = await network.host();
    const broker = start(hub, PROGRAMS.cli, ['broker', '--host', hub.address]);
    await broker.line(/broker listens/);
    gateway = await startGateway(hub);
  });
  afterEach(async () => {
    await programs.endAll();
    await network.end();
  });

  function start(host: Host, module: string, args: string[] = [], name = ''): RunningProgram {
    const env = {
      PUSHER_APP_ID: APP.appId,
      PUSHER_APP_KEY: APP.key,
      PUSHER_APP_SECRET: APP.secret,
      PUSHER_HOST: hub.address,
      PUSHER_PORT: BROKER_PORT,
      HOST: host.address,
      SERVER_NAME: name,
    };
    return programs.node(module, args, env, host.via);
  }

  async function startGateway(host: Host): Promise<RunningProgram> {
    const program = start(host, PROGRAMS.cli, ['gateway', '--domain', '*']);
    await program.line(/gateway listens/);
    return program;
  }

  async function startInstance(host: Host, name: string): Promise<RunningProgram> {
    const program = start(host, PROGRAMS.idV5, [], name);
    await program.line(/registered prefix=\/v1 /);
    await gateway.line(new RegExp(`route registered .*${host.address}`));
    return program;
  }

  /** Who answers at the gateway of a host. */
  async function servers(host: Host, requests: number): Promise<string[]> {
    const script = `for (let count = 0; count < ${requests}; count++) {
      const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"3jhbj333"}' };
      const response = await fetch('http://${host.address}:1500/v1/generate', options);
      console.log(response.headers.get('x-server') ?? response.status);
    }`;
    const [nsenter = '', ...enter] = host.via;
    const node = [process.execPath, '--input-type=module', '--eval', script];
    const asking = programs.file(nsenter, [...enter, ...node]);
    await asking.ended;
    return asking.lines;
  }

  it('an instance on a lost host is down within 5 s, and recovers with it', async () => {
    const remote = await network.host();
    await startInstance(hub, 'near');
    await startInstance(remote, 'remote');
    expect(new Set(await servers(hub, 2))).toEqual(new Set(['near', 'remote']));

    remote.unplug();
    const out = new RegExp(`instance down .*${remote.address}`);
    expect(await elapsed(gateway.line(out))).toBeLessThan(5000);
    expect(await servers(hub, 4)).toEqual(Array(4).fill('near'));

    remote.plug();
    await gateway.line(new RegExp(`instance recovered .*${remote.address}`));
    expect(new Set(await servers(hub, 2))).toEqual(new Set(['near', 'remote']));
  });

  it('an instance unreachable for one gateway is down at that gateway only, until it is reachable', async () => {
    const [remote, another] = [await network.host(), await network.host()];
    const cutOff = await startGateway(another);
    await startInstance(remote, 'remote');
    await cutOff.line(/route registered/);
    expect(await servers(another, 1)).toEqual(['remote']);

    network.separate([remote, another], 'on');
    expect(await elapsed(cutOff.line(/instance down .*probes failed/))).toBeLessThan(5000);
    expect(await servers(another, 1)).toEqual(['503']);
    expect(await servers(hub, 2)).toEqual(['remote', 'remote']);
    expect(gateway.output).not.toMatch(/instance (suspected|down)/);

    network.separate([remote, another], 'off');
    await cutOff.line(/instance recovered/);
    expect(await servers(another, 1)).toEqual(['remote']);
  });

  it(
    'a gateway on a lost host routes again when the host is back',
    async () => {
      const [remote, another] = [await network.host(), await network.host()];
      const cutOff = await startGateway(another);
      await startInstance(remote, 'remote');
      await cutOff.line(/route registered/);
      another.unplug();
      await cutOff.line(/lost the connection to the broker/);
      another.plug();
      await cutOff.line(/connected to the broker/);
      await expect.poll(() => servers(another, 1), { timeout: 10_000 }).toEqual(['remote']);
      expect(cutOff.output).not.toMatch(/unregistered/);
    },
    SILENCE_FOUND_OUT_MS,
  );
});
