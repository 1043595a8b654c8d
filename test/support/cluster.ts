import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import Pusher from 'pusher';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP } from './connection.ts';
import { PROGRAMS, Programs } from './processes.ts';
import type { Environment, RunningProgram } from './processes.ts';
import { freePort } from './free-port.js';

export type BrokerKind = 'embedded' | 'soketi';

export interface RunningGateway {
  readonly program: RunningProgram;
  readonly url: string;
  readonly adminUrl: string;
}

/** Gateways and services as real processes, with a broker in the process of the test, which starts in no time. */
export class Cluster {
  readonly programs: Programs = new Programs();
  readonly brokerPort: number;
  /** The environment variables with which a program reaches the broker. */
  readonly env: Environment;
  readonly #closeBroker: () => Promise<void>;

  protected constructor(brokerPort: number, closeBroker = async (): Promise<void> => {}) {
    this.#closeBroker = closeBroker;
    this.brokerPort = brokerPort;
    this.env = {
      PUSHER_APP_ID: APP.appId,
      PUSHER_APP_KEY: APP.key,
      PUSHER_APP_SECRET: APP.secret,
      PUSHER_HOST: '127.0.0.1',
      PUSHER_PORT: String(brokerPort),
    };
  }

  /** @param broker default: an embedded one */
  static async start(broker?: Pick<Broker, 'port' | 'close'>): Promise<Cluster> {
    const used = broker ?? (await createBroker({ apps: [APP], port: 0 }));
    return new Cluster(used.port, () => used.close());
  }

  /** Starts a gateway without a snapshot, and resolves when it listens. */
  async gateway(args: string[] = [], env: Environment = {}): Promise<RunningGateway> {
    const program = this.cli(['gateway', '--port', '0', ...args], env);
    const listens = /gateway listens url=(\S+) adminUrl=(\S+)/;
    const [, url = '', adminUrl = ''] = await program.line(listens);
    return { program, url, adminUrl };
  }

  async idV5(serverName: string, env: Environment = {}): Promise<RunningProgram> {
    const program = this.programs.node(PROGRAMS.idV5, [], {
      ...this.env,
      PORT: '0',
      SERVER_NAME: serverName,
      ...env,
    });
    await program.line(/registered prefix=\/v1 /);
    return program;
  }

  async idV4(serverName: string): Promise<RunningProgram> {
    const env = { ...this.env, SERVER_NAME: serverName };
    const program = this.programs.file(PROGRAMS.idV4, ['-http.port', '0'], env);
    await program.line(/registered \/v2 /);
    return program;
  }

  /** Publishes any data with Pusher's official SDK, as a program without Rollcall does. */
  async publish(event: string, data: unknown, channel = 'mapped-discovery'): Promise<void> {
    const options = { host: '127.0.0.1', port: String(this.brokerPort), useTLS: false };
    await new Pusher({ ...APP, ...options }).trigger(channel, event, data);
  }

  cli(args: string[], env: Environment = {}): RunningProgram {
    return this.programs.node(PROGRAMS.cli, args, { ...this.env, ...env });
  }

  /** Ends this one, and starts another whose broker can be stopped. */
  async withBrokerProcess(): Promise<BrokerCluster> {
    await this.end();
    return BrokerCluster.startWith('embedded');
  }

  async end(): Promise<void> {
    try {
      await this.programs.endAll();
    } finally {
      await this.#closeBroker();
    }
  }
}

/** A cluster whose broker is a process too, which a test can kill, stop and start again. */
export class BrokerCluster extends Cluster {
  broker: RunningProgram;
  readonly #kind: BrokerKind;
  readonly #brokerEnv: Environment;

  /** @param brokerPort fixed, so that the broker can be restarted on the same port */
  private constructor(kind: BrokerKind, brokerPort: number, brokerEnv: Environment) {
    super(brokerPort);
    this.#kind = kind;
    this.#brokerEnv = brokerEnv;
    this.broker = this.#startBroker();
  }

  /** @param brokerEnv more of the embedded broker's environment */
  static async startWith(kind: BrokerKind, brokerEnv: Environment = {}): Promise<BrokerCluster> {
    const cluster = new BrokerCluster(kind, await freePort(), brokerEnv);
    await brokerListens(cluster.broker);
    return cluster;
  }

  /** Starts a broker on the same port. The previous one must have ended. */
  async restartBroker(): Promise<void> {
    this.broker = this.#startBroker();
    await brokerListens(this.broker);
  }

  #startBroker(): RunningProgram {
    if (this.#kind === 'embedded') return this.cli(['broker'], this.#brokerEnv);
    const { PUSHER_PORT, PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET } = this.env;
    const args = [PUSHER_PORT, PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET];
    return this.programs.node(PROGRAMS.soketi, args.map(String), {});
  }
}

async function brokerListens(broker: RunningProgram): Promise<void> {
  await broker.line(
    /broker listens|WebSockets? server is available|Websockets server is available/,
  );
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Sends one request on its own connection. */
export async function ask(
  url: string,
  options: { method?: string; headers?: OutgoingHttpHeaders; body?: string } = {},
): Promise<Answer> {
  const { body, ...rest } = options;
  const sent = request(url, { agent: false, ...rest });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
  };
}

/** The walkthrough's two requests. */
export function generateV5(gateway: string, id = '3jhbj333'): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  return ask(`${gateway}/v1/generate`, { method: 'POST', headers, body: JSON.stringify({ id }) });
}

export function generateV4(gateway: string): Promise<Answer> {
  return ask(`${gateway}/v2/generate`, { method: 'POST' });
}
