import { RollcallError, urlHost } from '@rollcall/protocol';

/** Where the API of a container engine listens. */
export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number };

export const DEFAULT_ENGINE = 'unix:///var/run/docker.sock';

/**
 * Parses the URL of an engine, in the form of `DOCKER_HOST`: `unix:///run/docker.sock` or `tcp://127.0.0.1:2375`.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function parseEngineAddress(url: string): EngineAddress {
  const socketPath = /^unix:\/\/(?<path>\/.+)$/.exec(url)?.groups?.['path'];
  if (socketPath !== undefined) return { socketPath };
  const parsed = tcpUrl(url);
  if (parsed === undefined) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the engine is ${JSON.stringify(url)}; it must be such as ${DEFAULT_ENGINE}, or tcp://127.0.0.1:2375 for a socket proxy`,
    );
  }
  // The port that Docker has for its API without TLS.
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 2375) };
}

function tcpUrl(url: string): URL | undefined {
  // As an http: URL it would lose the port 80.
  const tcp = url.replace(/^http:/, 'tcp:');
  if (!tcp.startsWith('tcp://') || !URL.canParse(tcp)) return undefined;
  const parsed = new URL(tcp);
  return parsed.hostname !== '' && ['', '/'].includes(parsed.pathname) ? parsed : undefined;
}

/** Names an engine in a line of the log. */
export function describeEngine(address: EngineAddress): string {
  return 'socketPath' in address ? address.socketPath : `${urlHost(address.host)}:${address.port}`;
}
