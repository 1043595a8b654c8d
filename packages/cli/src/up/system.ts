import { fileURLToPath } from 'node:url';
import { discover } from '@rollcall/client';
import type { Directory, Instance, RegistryConfig } from '@rollcall/client';
import type { LogLevel } from '@rollcall/runtime/log';
import type { Listening } from '../report-listening.ts';
import { startChild } from './child.ts';
import type { Child, Ending, Environment, Start } from './child.ts';
import type { Procfile, ServiceCommand } from './procfile.ts';
import type { SystemLog } from './system-log.ts';

export interface SystemOptions {
  readonly registry: RegistryConfig;
  readonly gatewayPort: number;
  readonly brokerPort: number;
  /** The services to start. Default: none. */
  readonly procfile: Procfile | undefined;
  readonly log: SystemLog;
  readonly logLevel: LogLevel | undefined;
}

/** What runs, once all of it does. */
export interface Overview {
  /** Absent if the broker is not ours. */
  readonly broker: Listening | undefined;
  readonly gateway: Listening;
  readonly instances: readonly Instance[];
}

/** The system was stopped before all of it ran. */
export class Stopped extends Error {}

const REGISTERED_WITHIN_MS = 15_000;
const CLI = fileURLToPath(new URL('../main.js', import.meta.url));

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
    const broker = registry.embedded ? await this.#startBroker() : undefined;
    const reached = broker === undefined ? registry : { ...registry, tls: false, server: broker };
    const env = broker === undefined ? {} : environmentOf(broker);

    const gateway = await this.#startGateway(env);
    this.#isRunning = true;
    return { broker, gateway, instances: await this.#startServices(reached, env) };
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
    const args = ['broker', '--port', String(this.#options.brokerPort)];
    return this.#startOne({ name: 'broker', program: { module: CLI, args }, env: {} });
  }

  #startGateway(env: Environment): Promise<Listening> {
    const port = String(this.#options.gatewayPort);
    // The services are new each time, so a table of the last time would only be probed in vain.
    const args = ['gateway', '--port', port, '--snapshot', 'none'];
    return this.#startOne({ name: 'gateway', program: { module: CLI, args }, env });
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

  async #startOne(program: Program): Promise<Listening> {
    const listening = this.#startStage([program]).map((child) => child.listening);
    return this.#unlessStopped(Promise.race(listening));
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
        log.write('error', `${program.name} ended (${describe(ending)}); the rest goes on`);
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

function describe({ code, signal }: Ending): string {
  return signal === null ? `exit code ${code}` : signal;
}
