import { connect } from 'node:net';

/** Whether a TCP connection opens there within some milliseconds. */
export function acceptsConnections(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    function settle(accepts: boolean): void {
      socket.destroy();
      resolve(accepts);
    }
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
