import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Server as SecureServer, ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { listen as bind } from '@rollcall/runtime';
import { drain } from '../registrar/drain.ts';
import { startRegistering } from '../registrar/register.ts';
import type { RegisterOptions } from '../registrar/register.ts';
import type { Registration } from '../registrar/registration.ts';
import { leaveOnSignal } from '../registrar/leave-on-signal.ts';
import { addressOf } from './bound-address.ts';

/**
 * What {@link listen} takes: the options of {@link register}, and where to listen. `address` is by default the one
 * on which it listens; if that is every address, it is chosen as {@link register} does.
 */
export interface ListenOptions extends Omit<RegisterOptions, 'onSignal' | 'scheme'> {
  /** The port on which to listen. 0 lets the system choose one, which is then announced. Range: 0 to 65535. */
  readonly port: number | string;
  /** The IP address on which to listen; `0.0.0.0` for every one. Default: `127.0.0.1`. */
  readonly listenOn?: string;
  /** The certificate and key to serve HTTPS with, as `https.createServer()` takes them. Default: HTTP. */
  readonly https?: ServerOptions;
}

/** A server that listens and is registered. */
export interface Listening {
  /** The HTTP or HTTPS server. */
  readonly server: Server | SecureServer;
  /** Its registration, to change or withdraw it. */
  readonly registration: Registration;
  /**
   * Leaves the registry, answers the requests that still arrive, and stops listening. A signal does the same.
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED if it could not leave. It has
   *   stopped listening nevertheless
   */
  readonly close: () => Promise<void>;
}

/**
 * Serves an Express application (4 or 5), or any other request listener of Node, and registers it. Resolves as
 * {@link register} does: it serves without a broker, too. On SIGINT and SIGTERM it leaves the registry, lets the
 * requests in flight finish, and ends the process.
 *
 * @example
 * const { close } = await listen(app, { prefix: '/v1', port: 3000 });
 *
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN, and as {@link register} does. It does not listen
 *   then
 */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { listenOn = '127.0.0.1', https, ...announced } = options;
  const server = https === undefined ? createServer(app) : createSecureServer(https, app);
  await bind(server, listenOn, Number(options.port), 'port');
  const at = server.address() as AddressInfo;
  let forget: (() => void) | undefined;
  try {
    const registration = startRegistering({
      ...announced,
      ...addressOf(at, options.address),
      port: at.port,
      scheme: https === undefined ? 'http' : 'https',
    });
    forget = leaveOnSignal({ leave: () => registration.leave(), close: () => drain(server) });
    await registration.attempted;
    async function close(): Promise<void> {
      try {
        await registration.leave();
      } finally {
        await drain(server);
        forget?.();
      }
    }
    return { server, registration, close };
  } catch (error) {
    forget?.();
    server.close();
    throw error;
  }
}
