/** How often a tunnel makes sure that its peer is still there: neither side need ever say anything. */
const TUNNEL_KEEP_ALIVE_MS = 60_000;

/** Makes the system find out if the peer of a tunnel is gone. */
export function keepTunnelAlive(socket: {
  setKeepAlive(enable: boolean, initialDelayMs: number): unknown;
}): void {
  socket.setKeepAlive(true, TUNNEL_KEEP_ALIVE_MS);
}
