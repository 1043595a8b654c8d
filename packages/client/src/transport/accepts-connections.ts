import { connect } from 'node:net';

/** Whether something accepts TCP connections there, and does so within some milliseconds. */
export function acceptsConnections(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    function answer(accepts: boolean): void {
      socket.destroy();
      resolve(accepts);
    }
    socket.once('connect', () => answer(true));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
  });
}
