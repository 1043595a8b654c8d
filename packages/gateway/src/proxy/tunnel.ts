import type { ClientConnection } from './client-connection.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/**
 * Joins a client and an instance that have agreed on another protocol: bytes pass both ways, each side as
 * fast as the other takes them, and an end passes as an end.
 *
 * @param rest what the instance has sent behind its 101
 */
export function openTunnel(
  client: ClientConnection,
  instance: UpstreamConnection,
  rest: Buffer,
): void {
  // What finds a peer that is gone without a word: neither side need ever say anything.
  client.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  instance.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const { account } = client.current;
  account?.delivered([rest]);
  instance.tunnel({
    received: (bytes) => {
      account?.delivered([bytes]);
      if (!client.socket.write(bytes)) instance.socket.pause();
    },
    ended: () => client.socket.end(),
    drained: () => client.socket.resume(),
  });
  client.tunnel({
    received: (bytes) => {
      account?.received([bytes]);
      if (!instance.socket.write(bytes)) client.socket.pause();
    },
    ended: () => instance.socket.end(),
    drained: () => instance.socket.resume(),
  });
  client.socket.once('close', () => instance.destroy());
  instance.socket.once('close', () => client.socket.destroySoon());
  if (rest.length > 0) client.socket.write(rest);
}

const KEEP_ALIVE_MS = 60_000;
