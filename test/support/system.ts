import type { Environment, Programs, RunningProgram } from './processes.ts';
import { PROGRAMS } from './processes.ts';

export interface System {
  /** The broker's port. */
  readonly port: string;
  /** The environment of programs that use it. */
  readonly env: Environment;
  readonly gateway: RunningProgram;
  readonly url: string;
}

/**
 * Starts a broker with the development app, and a gateway.
 * @param options command-line options of `rollcall gateway`
 */
export async function startSystem(
  programs: Programs,
  options: readonly string[] = [],
): Promise<System> {
  const broker = programs.node(PROGRAMS.cli, ['broker', '--port', '0']);
  const [, port = ''] = await broker.line(/broker listens url=\S+:(\d+)/);
  const env = { PUSHER_PORT: port };
  const gateway = programs.node(PROGRAMS.cli, ['gateway', '--port', '0', ...options], env);
  const [, url = ''] = await gateway.line(/gateway listens url=(\S+)/);
  return { port, env, gateway, url };
}
