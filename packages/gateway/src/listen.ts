import type { Server } from 'node:net';
import { RollcallError } from '@rollcall/protocol';

/**
 * Listens and tells where: with port 0 the system picks one.
 * @param flag by which another port is chosen
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export function listenOn(
  server: Server,
  port: number,
  host: string,
  flag: string = '--port',
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(listenError(error, port, host, flag));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}

/** What went wrong when somebody wanted to listen there. */
export function listenError(
  error: NodeJS.ErrnoException,
  port: number,
  host: string,
  flag: string,
): RollcallError {
  if (error.code === 'EADDRINUSE') {
    return new RollcallError(
      'ROLLCALL_PORT_TAKEN',
      `port ${port} on ${host} is taken: stop what listens there, or choose another with ${flag}`,
      { cause: error },
    );
  }
  return new RollcallError(
    'ROLLCALL_LISTEN',
    `cannot listen on ${host} port ${port}: ${error.code ?? error.message}`,
    {
      cause: error,
    },
  );
}
