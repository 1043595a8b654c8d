import { setTimeout as delay } from 'node:timers/promises';
import { discover } from '@rollcall/client';
import type { Directory, Instance, RegistryConfig } from '@rollcall/client';
import type { LogLevel } from '@rollcall/runtime/log';
import { MAIN_FILE } from '../main-file.ts';
import type { Listening } from '../report-listening.ts';
import { startChild } from './child.ts';
import type { Child, Ending, Environment, Start } from './child.ts';
import type { Procfile, ServiceCommand } from './procfile.ts';
import type { SystemLog } from './system-log.ts';

export interface SystemOptions {
  readonly registry: RegistryConfig;
  readonly gatewayPort: number;
  /** Default: the gateway chooses. */
  readonly adminPort?: number | undefined;
  readonly brokerPort: number;
  /** The services to start. Default: none. */
  readonly procfile: Procfile | undefined;
  readonly log: SystemLog;
  readonly logLevel: LogLevel | undefined;
  /** The variables of the gateway alone, such as its admin token. */
  readonly gatewayEnv: Environment;
}

/** What runs, once all of it does. */
export interface Overview {
  /** Absent if the broker is not ours. */
  readonly broker: Listening | undefined;
  readonly gateway: Listening;
  /** The programs that run, with their process ids. */
  readonly programs: readonly Pick<Child, 'name' | 'pid'>[];
  readonly instances: readonly Instance[];
}

/** The system was stopped before all of it ran. */
export class Stopped extends Error {}

const REGISTERED_WITHIN_MS = 15_000;
/** The wait before a program of Rollcall is started again: it doubles while the program ends soon after its start. */
const RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;
/** A program that has run for this long did not end of its start. */
const STEADY_MS = 10_000;

type Program = Omit<Start, 'onLine'>;

/** The programs of `rollcall up`, in stages: each stage needs those before it. */
export class System {
  readonly #options: SystemOptions;
  readonly #stages: Child[][] = [];
  readonly #stopping = new AbortController();
  #started: Promise<Overview> | undefined;
  #stopped: Promise<void> | undefined;
  /** Unlike the end of a program while the system starts or stops, an end while it runs is worth a line. */
  #isRunning = false;

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  /**
   * Starts everything, and resolves when every service is registered. If it fails, what has been
   * started is still there: {@link stop} it.
   * @throws EndedEarly if broker or gateway cannot start, Stopped if the system is stopped before
   */
  start(): Promise<Overview> {
    return (this.#started = this.#start());
  }

  /** Services first, so that they leave while the gateway still receives it; then the gateway; then the broker. */
  stop(): Promise<void> {
    // Once: a second SIGTERM would have the programs end without leaving.
    return (this.#stopped ??= this.#stop());
  }

  kill(): void {
    for (const child of this.#stages.flat()) child.kill();
  }

  async #start(): Promise<Overview> {
    const { registry } = this.#options;
    const [first] = registry.brokers;
    const broker = first.source === 'nothing' ? await this.#startBroker() : undefined;
    const reached: RegistryConfig =
      broker === undefined ? registry : { ...registry, brokers: [{ ...first, server: broker }] };
    const env = broker === undefined ? {} : environmentOf(broker);

    const gateway = await this.#startGateway(env);
    this.#isRunning = true;
    const instances = await this.#startServices(reached, env);
    return { broker, gateway, instances, programs: this.#stages.flat() };
  }

  async #stop(): Promise<void> {
    this.#isRunning = false;
    this.#stopping.abort(new Stopped());
    // From here on no program is added to the list of programs to stop.
    await this.#started?.catch(() => {});
    for (const stage of this.#stages.toReversed()) {
      await Promise.all(stage.map((child) => child.stop()));
    }
  }

  /** Settles with the work, or rejects as soon as the system is to stop. */
  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Stopped);
      signal.addEventListener('abort', onAbort, { once: true });
      void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  #startBroker(): Promise<Listening> {
    return this.#startOne((before) => {
      const port = before?.port ?? this.#options.brokerPort;
      const args = ['broker', '--port', String(port)];
      return { name: 'broker', program: { module: MAIN_FILE, args }, env: {} };
    });
  }

  #startGateway(env: Environment): Promise<Listening> {
    const { gatewayPort, adminPort, gatewayEnv } = this.#options;
    return this.#startOne((before) => {
      // The services are new each time, so a table of the last time would only be probed in vain.
      const args = ['gateway', '--port', String(before?.port ?? gatewayPort), '--snapshot', 'none'];
      const { adminUrl } = before ?? {};
      const fixedAdminPort = adminUrl === undefined ? adminPort : new URL(adminUrl).port;
      if (fixedAdminPort !== undefined) args.push('--admin-port', String(fixedAdminPort));
      return {
        name: 'gateway',
        program: { module: MAIN_FILE, args },
        env: { ...env, ...gatewayEnv },
      };
    });
  }

  async #startServices(registry: RegistryConfig, env: Environment): Promise<readonly Instance[]> {
    const { procfile } = this.#options;
    if (procfile === undefined) return [];
    const directory = await this.#unlessStopped(discover({ registry, requireBroker: true }));
    try {
      const services = this.#startStage(
        procfile.services.map((service) => serviceProgram(service, procfile.folder, env)),
      );
      // A service that is not registered in time has logged why; the others are usable.
      await this.#unlessStopped(registered(directory, services));
      return directory.instances();
    } finally {
      directory.close();
    }
  }

  /**
   * Starts a program of Rollcall, and again whenever it ends.
   * @param program returns what to start, where it listened before if it did
   */
  async #startOne(program: (before?: Listening) => Program): Promise<Listening> {
    const stage = this.#startStage([program()]);
    const [child] = stage;
    if (child === undefined) throw new Error('a stage has the programs that it was given');
    const listening = await this.#unlessStopped(child.listening);
    void this.#keepRunning(stage, program(listening));
    return listening;
  }

  async #keepRunning(stage: Child[], program: Program): Promise<void> {
    const { signal } = this.#stopping;
    for (let wait = RESTART_MS; ; wait = Math.min(wait * 2, MAX_RESTART_MS)) {
      const startedAt = performance.now();
      await stage[0]?.ended;
      if (performance.now() - startedAt > STEADY_MS) wait = RESTART_MS;
      await delay(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      stage.splice(0, 1, this.#startProgram(program));
      this.#options.log.write('info', `started ${program.name} again`);
    }
  }

  #startStage(programs: readonly Program[]): Child[] {
    this.#stopping.signal.throwIfAborted();
    const children = programs.map((program) => this.#startProgram(program));
    this.#stages.push(children);
    return children;
  }

  #startProgram(program: Program): Child {
    const { log, logLevel = 'info' } = this.#options;
    const env = { ...program.env, ROLLCALL_LOG: 'json', ROLLCALL_LOG_LEVEL: logLevel };
    const child = startChild({ ...program, env, onLine: (line) => log.relay(program.name, line) });
    void child.ended.then((ending) => {
      if (this.#isRunning)
        log.write('error', `${program.name} ended (${describe(ending)}); ${consequence(program)}`);
    });
    return child;
  }
}

/** Each with an X-Server of its own, since instances on one host share its hostname. They listen on loopback alone. */
function serviceProgram(
  { name, command }: ServiceCommand,
  folder: string,
  env: Environment,
): Program {
  const own = { PORT: '0', SERVER_NAME: name, HOST: '127.0.0.1', ROLLCALL_ADDRESS: '127.0.0.1' };
  return { name, program: { command, folder }, env: { ...env, ...own } };
}

function environmentOf({ host, port }: Listening): Environment {
  return { PUSHER_HOST: host, PUSHER_PORT: String(port), PUSHER_APP_SECURE: '0' };
}

/** Resolves when all services that have not ended are registered, or after a while. */
function registered(directory: Directory, services: readonly Child[]): Promise<void> {
  return new Promise((resolve) => {
    let running = services.length;
    const timer = setTimeout(done, REGISTERED_WITHIN_MS);
    function done(): void {
      clearTimeout(timer);
      directory.off('change', check);
      resolve();
    }
    function check(): void {
      if (directory.instances().length >= running) done();
    }
    directory.on('change', check);
    for (const { ended } of services) {
      void ended.then(() => {
        running--;
        check();
      });
    }
    check();
  });
}

/** Programs of Rollcall are started again; a service may be meant to end. */
function consequence({ program }: Program): string {
  return 'module' in program ? 'starting it again' : 'the rest goes on';
}

function describe({ code, signal }: Ending): string {
  return signal === null ? `exit code ${code}` : signal;
}
