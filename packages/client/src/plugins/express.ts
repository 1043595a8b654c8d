import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { RollcallError } from '@rollcall/protocol';
import { drain } from '../registrar/drain.ts';
import { register } from '../registrar/register.ts';
import type { RegisterOptions, Registration } from '../registrar/register.ts';

export interface ListenOptions extends Omit<RegisterOptions, 'onSignal'> {
  /** The port to listen on; 0 lets the system choose. What it chose is announced. */
  readonly port: number | string;
  /** The IP address to listen on. Default 127.0.0.1; `0.0.0.0` for every one. */
  readonly listenOn?: string;
}

export interface Listening {
  readonly server: Server;
  readonly registration: Registration;
  /** Leaves the registry, answers what still comes, and stops listening. A signal does the same. */
  readonly close: () => Promise<void>;
}

/**
 * Serves an Express application, or any other listener of Node's HTTP server, and registers it. On SIGINT
 * and SIGTERM it leaves the registry, lets what is in flight finish, and ends the process.
 *
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN, and what {@link register} throws: then it
 *   does not listen either
 */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { listenOn = '127.0.0.1', ...announced } = options;
  const server = createServer(app);
  const port = await bound(server, Number(options.port), listenOn);
  try {
    const registration = await register({ ...announced, port, onSignal: () => drain(server) });
    async function close(): Promise<void> {
      await registration.leave();
      await drain(server);
    }
    return { server, registration, close };
  } catch (error) {
    server.close();
    throw error;
  }
}

async function bound(server: Server, port: number, host: string): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new RollcallError(
      code === 'EADDRINUSE' ? 'ROLLCALL_PORT_TAKEN' : 'ROLLCALL_LISTEN',
      `cannot listen on ${host} port ${port} (${code}): choose another port or listenOn`,
      { cause },
    );
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
