import { hostname } from 'node:os';
import { announcedAddress, ownerRegistryFromEnv, register } from '@rollcall/client';
import { parseAddress, RollcallError } from '@rollcall/protocol';
import { shutdown } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { Announcer } from '../docker/announcer.ts';
import { ContainerWatch } from '../docker/container-watch.ts';
import { Engine } from '../docker/engine.ts';
import { DEFAULT_ENGINE, parseEngineAddress } from '../docker/engine-address.ts';
import { judgeContainer } from '../docker/judge-container.ts';
import type { ContainerRules } from '../docker/judge-container.ts';
import { ownContainerId } from '../docker/own-container.ts';
import { untilServed } from '../docker/until-served.ts';
import { openLog } from '../log.ts';
import { reach } from '../reach.ts';

export interface DockerOptions extends LogFlags {
  readonly engine?: string;
  readonly address?: string;
  readonly network?: string;
  readonly zone?: string;
}

/** `rollcall docker` */
export async function runDocker(options: DockerOptions): Promise<void> {
  const { env } = process;
  const logger = openLog(options);
  const registry = ownerRegistryFromEnv(env);
  const { network, zone } = options;
  const given = options.address ?? env['ROLLCALL_ADDRESS'] ?? '';
  const hostAddress = checkedAddress(
    await announcedAddress(registry, { ...env, ROLLCALL_ADDRESS: given }),
  );
  const engine = new Engine(
    parseEngineAddress(options.engine ?? (env['DOCKER_HOST'] || DEFAULT_ENGINE)),
  );
  let rules: ContainerRules = { hostAddress, network, zone, host: hostname() };

  const announcer = new Announcer({
    register: (announcement) => register({ ...announcement, registry, logger }),
    untilServed: (announcement, signal) =>
      untilServed(announcement, signal, { probe: reach, logger }),
    logger,
  });
  const watch = new ContainerWatch({
    engine,
    onConnected: async () => {
      if (given === '' && network === undefined) await refuseOwnContainer(engine);
      rules = { ...rules, host: (await engine.hostName()) ?? hostname() };
    },
    onContainer: (container, isStopping) =>
      announcer.apply(container, judgeContainer(container, isStopping, rules)),
    onGone: (id) => announcer.remove(id),
    logger,
  });
  const ending = new AbortController();
  const close = (): void => {
    ending.abort();
    const { size } = announcer;
    // Their containers go on running, and the next run of this program announces them again.
    if (size > 0) logger.info({ services: size }, 'stopping: what is announced stays so');
  };
  shutdown.add({ close }, ['SIGHUP']);
  await watch.run(ending.signal);
}

function checkedAddress(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.ok) return parsed.value;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    `the address of this machine is invalid: ${parsed.refusal.reason}`,
  );
}

/**
 * In a container of its own, this program does not know the address of the machine.
 * @throws RollcallError ROLLCALL_CONFIG
 */
async function refuseOwnContainer(engine: Engine): Promise<void> {
  const id = ownContainerId();
  const own = id === undefined ? undefined : await engine.inspect(id);
  if (typeof own !== 'object' || own.networkMode === 'host') return;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    `rollcall docker runs in the container ${own.name}, where the address of the machine is unknown: set ROLLCALL_ADDRESS to it, or --network to a network that the containers share with the gateways`,
  );
}
