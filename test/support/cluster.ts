import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { PROGRAMS, Programs } from './processes.ts';
import type { Environment, RunningProgram } from './processes.ts';

export type BrokerKind = 'embedded' | 'soketi';

/** A broker, a gateway and services as real processes, and the ways to ask them. */
export class Cluster {
  readonly programs: Programs = new Programs();
  readonly broker: RunningProgram;
  /** What every program needs in its environment to reach the broker. */
  readonly env: Environment;

  private constructor(start: (programs: Programs) => RunningProgram, env: Environment) {
    this.broker = start(this.programs);
    this.env = env;
  }

  static async start(kind: BrokerKind): Promise<Cluster> {
    // Known beforehand, so that a broker that was ended can be started again where it was.
    const port = await freePort();
    const app = {
      PUSHER_APP_ID: '42',
      PUSHER_APP_KEY: 'test-key',
      PUSHER_APP_SECRET: 'test-secret',
    };
    const env = { ...app, PUSHER_HOST: '127.0.0.1', PUSHER_PORT: String(port) };
    const cluster = new Cluster((programs) => startBroker(programs, kind, env), env);
    await brokerListens(cluster.broker);
    return cluster;
  }

  async restartBroker(kind: BrokerKind): Promise<RunningProgram> {
    const broker = startBroker(this.programs, kind, this.env);
    await brokerListens(broker);
    return broker;
  }

  /** Starts a gateway and resolves to its URL. */
  async gateway(args: string[] = []): Promise<{ program: RunningProgram; url: string }> {
    const program = this.programs.node(PROGRAMS.cli, ['gateway', '--port', '0', ...args], this.env);
    const [, url = ''] = await program.line(/gateway listens at (\S+)/);
    return { program, url };
  }

  async idV5(serverName: string): Promise<RunningProgram> {
    const env = { ...this.env, PORT: '0', SERVER_NAME: serverName };
    const program = this.programs.node(PROGRAMS.idV5, [], env);
    await program.line(/^registered \/v1 /);
    return program;
  }

  async idV4(serverName: string): Promise<RunningProgram> {
    const env = { ...this.env, SERVER_NAME: serverName };
    const program = this.programs.file(PROGRAMS.idV4, ['-http.port', '0'], env);
    await program.line(/registered \/v2 /);
    return program;
  }

  cli(args: string[], env: Environment = {}): RunningProgram {
    return this.programs.node(PROGRAMS.cli, args, { ...this.env, ...env });
  }

  end(): Promise<void> {
    return this.programs.endAll();
  }
}

function startBroker(programs: Programs, kind: BrokerKind, env: Environment): RunningProgram {
  if (kind === 'embedded') return programs.node(PROGRAMS.cli, ['broker'], env);
  const { PUSHER_PORT, PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET } = env;
  const args = [PUSHER_PORT, PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET];
  return programs.node(PROGRAMS.soketi, args.map(String), {});
}

async function brokerListens(broker: RunningProgram): Promise<void> {
  await broker.line(/listens at|WebSockets? server is available|Websockets server is available/);
}

/** A port that was free a moment ago: for programs that cannot be told to choose one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One request on a connection of its own. */
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
