import type { Server } from 'node:net';
import { RollcallError } from '@rollcall/protocol';

/** Where a server listens, with the port that the system chose if it was asked to. */
export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Listens, and returns where: for port 0 the system chooses one.
 * @param setting that chooses the port, such as `--port`, for the error
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export function listen(
  server: Server,
  host: string,
  port: number,
  setting?: string,
): Promise<BoundAddress> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, host, port, setting));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      // A connection that cannot be accepted, for lack of descriptors, is no reason to end.
      server.on('error', () => {});
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}

/** An error of `server.listen()`, with what to do about it. */
export function listenError(
  cause: NodeJS.ErrnoException,
  host: string,
  port: number,
  setting?: string,
): RollcallError {
  const by = setting === undefined ? '' : ` with ${setting}`;
  if (cause.code === 'EADDRINUSE') {
    return new RollcallError(
      'ROLLCALL_PORT_TAKEN',
      `port ${port} on ${host} is taken: stop the program that listens there, or choose another port${by}`,
      { cause },
    );
  }
  return new RollcallError(
    'ROLLCALL_LISTEN',
    `cannot listen on ${host} port ${port} (${cause.code ?? cause.message}): ${adviceOn(cause.code, by)}`,
    { cause },
  );
}

function adviceOn(code: string | undefined, by: string): string {
  if (code === 'EACCES') return `choose a port above 1023${by}, or grant CAP_NET_BIND_SERVICE`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'choose an IP address of this machine';
  return 'choose another address or port';
}
