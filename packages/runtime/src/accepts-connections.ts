import { connect } from 'node:net';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Whether a TCP connection opens there within some milliseconds. */
export async function acceptsConnections(target: Target, timeoutMs: number): Promise<boolean> {
  return (await connectionFailure(target, timeoutMs)) === undefined;
}

/** Opens a TCP connection and closes it. Resolves to undefined, or to why it did not open, such as ECONNREFUSED. */
export function connectionFailure(
  { host, port }: Target,
  timeoutMs: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    function settle(code?: string): void {
      socket.destroy();
      resolve(code);
    }
    socket.once('connect', () => settle());
    socket.once('timeout', () => settle('ETIMEDOUT'));
    socket.on('error', ({ code = 'EIO' }: NodeJS.ErrnoException) => settle(code));
  });
}
