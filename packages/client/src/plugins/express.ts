import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen as bind } from '@rollcall/runtime';
import { drain } from '../registrar/drain.ts';
import { register } from '../registrar/register.ts';
import type { RegisterOptions, Registration } from '../registrar/register.ts';
import { leaveOnSignal } from '../registrar/leave-on-signal.ts';
import { addressOf } from './bound-address.ts';

/**
 * `address` is by default the one it listens on; if that is every one, it is chosen as {@link register}
 * does. For `health`: gateways ask `GET /health` about once a second and take 404 for well, too; with any
 * other answer from 400 on they send nothing.
 */
export interface ListenOptions extends Omit<RegisterOptions, 'onSignal'> {
  /** The port to listen on; 0 lets the system choose. What it chose is announced. */
  readonly port: number | string;
  /** The IP address to listen on. Default 127.0.0.1; `0.0.0.0` for every one. */
  readonly listenOn?: string;
}

/** A server that listens and is registered. */
export interface Listening {
  /** The HTTP server. */
  readonly server: Server;
  /** Its registration, to change or withdraw it. */
  readonly registration: Registration;
  /**
   * Leaves the registry, answers what still comes, and stops listening. A signal does the same.
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED if it could not leave; it
   *   has stopped listening all the same
   */
  readonly close: () => Promise<void>;
}

/**
 * Serves an Express application (4 or 5), or any other listener of Node's HTTP server, and registers it. On
 * SIGINT and SIGTERM it leaves the registry, lets what is in flight finish, and ends the process.
 *
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN, and what {@link register} throws: then it
 *   does not listen either
 */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { listenOn = '127.0.0.1', ...announced } = options;
  const server = createServer(app);
  await bind(server, listenOn, Number(options.port), 'port');
  const at = server.address() as AddressInfo;
  const registering = register({ ...announced, ...addressOf(at, options.address), port: at.port });
  const forget = leaveOnSignal({
    leave: async () => (await registering).leave(),
    close: () => drain(server),
  });
  try {
    const registration = await registering;
    async function close(): Promise<void> {
      try {
        await registration.leave();
      } finally {
        await drain(server);
        forget();
      }
    }
    return { server, registration, close };
  } catch (error) {
    forget();
    server.close();
    throw error;
  }
}
