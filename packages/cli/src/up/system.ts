import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { discover } from '@rollcall/client';
import type { RegistryConfig, Directory, Instance } from '@rollcall/client';
import type { Listening } from '../lifetime.ts';
import { startChild } from './child.ts';
import type { Child, Ending, Environment, Start } from './child.ts';
import { findIdV4 } from './id-v4.ts';

export interface SystemOptions {
  readonly connection: RegistryConfig;
  readonly gatewayPort: number;
  readonly brokerPort: number;
  /** Gets each line, with the name of the program that printed it. */
  readonly log: (name: string, line: string) => void;
}

/** What runs, once all of it does. */
export interface Overview {
  /** Nothing if the broker is not ours. */
  readonly broker: Listening | undefined;
  readonly gateway: Listening;
  readonly instances: readonly Instance[];
}

/** It was stopped before all of it ran. */
export class Stopped extends Error {}

const COPIES = 2;
const REGISTERED_WITHIN_MS = 15_000;
const CLI = fileURLToPath(new URL('../main.js', import.meta.url));
const ID_V5 = fileURLToPath(import.meta.resolve('@rollcall/id-v5'));

/** The programs of `rollcall up`, in the order they depend on each other: each stage needs those before it. */
export class System {
  readonly #options: SystemOptions;
  readonly #stages: Child[][] = [];
  readonly #stopping = new AbortController();
  #started: Promise<Overview> | undefined;
  #stopped: Promise<void> | undefined;
  /** While it is up, the end of a program is news; before and after, it is part of what goes on. */
  #isUp = false;

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  /**
   * Starts everything, and resolves when every service is registered. If it fails, what has been
   * started is still there: {@link stop} it.
   * @throws EndedEarly if the broker or the gateway does not come up, Stopped if it is stopped before
   */
  start(): Promise<Overview> {
    return (this.#started = this.#start());
  }

  /** Services first, so that they leave while the gateway still hears it; then the gateway; then the broker. */
  stop(): Promise<void> {
    // Once: a second SIGTERM would have the programs end without leaving.
    return (this.#stopped ??= this.#stop());
  }

  kill(): void {
    for (const child of this.#stages.flat()) child.kill();
  }

  async #start(): Promise<Overview> {
    const { connection } = this.#options;
    const broker = connection.embedded ? await this.#startBroker() : undefined;
    const reached =
      broker === undefined ? connection : { ...connection, tls: false, server: broker };
    const env = broker === undefined ? {} : environmentOf(broker);

    const gateway = await this.#startGateway(env);
    this.#isUp = true;
    return { broker, gateway, instances: await this.#startServices(reached, env) };
  }

  async #stop(): Promise<void> {
    this.#isUp = false;
    this.#stopping.abort(new Stopped());
    // From here on no program is added to those that are to be stopped.
    await this.#started?.catch(() => {});
    for (const stage of this.#stages.toReversed()) {
      await Promise.all(stage.map((child) => child.stop()));
    }
  }

  /** Settles with the work, or rejects as soon as everything is to stop. */
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
    return this.#startOne({ name: 'broker', program: { module: CLI }, args, env: {} });
  }

  #startGateway(env: Environment): Promise<Listening> {
    const port = String(this.#options.gatewayPort);
    // What it starts is new each time: a table of the last time would only be gone through in vain.
    const args = ['gateway', '--port', port, '--snapshot', 'none'];
    return this.#startOne({ name: 'gateway', program: { module: CLI }, args, env });
  }

  async #startServices(connection: RegistryConfig, env: Environment): Promise<readonly Instance[]> {
    const directory = await this.#unlessStopped(discover({ registry: connection }));
    try {
      const services = this.#startStage([...idV5(env), ...this.#idV4(env)]);
      const allEnded = Promise.all(services.map((service) => service.ended));
      // Whoever is not there in time has said why in its own log; the others serve.
      await this.#unlessStopped(Promise.race([registered(directory, services.length), allEnded]));
      return directory.instances();
    } finally {
      directory.close();
    }
  }

  #idV4(env: Environment): Program[] {
    const found = findIdV4();
    if ('absent' in found) {
      this.#options.log('rollcall', found.absent);
      return [];
    }
    return copiesOf('id-v4', { program: found, args: ['-http.port', '0'], env });
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
    const { log } = this.#options;
    const child = startChild({ ...program, onLine: (line) => log(program.name, line) });
    void child.ended.then((ending) => {
      if (this.#isUp)
        log('rollcall', `${program.name} ended (${describe(ending)}); the rest goes on`);
    });
    return child;
  }
}

type Program = Omit<Start, 'onLine'>;

function idV5(env: Environment): Program[] {
  return copiesOf('id-v5', { program: { module: ID_V5 }, args: [], env: { ...env, PORT: '0' } });
}

/** Several instances on one host have one hostname, so each gets its own X-Server. Nothing leaves this machine. */
function copiesOf(service: string, program: Omit<Program, 'name'>): Program[] {
  return Array.from({ length: COPIES }, (_, index) => {
    const name = `${service}-${index + 1}`;
    const own = { SERVER_NAME: name, HOST: '127.0.0.1', ROLLCALL_ADDRESS: '127.0.0.1' };
    return { ...program, name, env: { ...program.env, ...own } };
  });
}

function environmentOf({ host, port }: Listening): Environment {
  return { PUSHER_HOST: host, PUSHER_PORT: String(port), PUSHER_APP_SECURE: '0' };
}

async function registered(directory: Directory, count: number): Promise<void> {
  const signal = AbortSignal.timeout(REGISTERED_WITHIN_MS);
  while (directory.instances().length < count && !signal.aborted) {
    await once(directory, 'change', { signal }).catch(() => {});
  }
}

function describe({ code, signal }: Ending): string {
  return signal === null ? `exit code ${code}` : signal;
}
