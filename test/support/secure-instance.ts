import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { IssuedCertificate } from './authority.ts';

export interface SecureInstanceOptions {
  /** The authority that signs the certificates which clients must have. Default: none is asked for. */
  readonly clientCa?: string;
  /** Whether it upgrades connections, and so speaks HTTP/1.1 only. Default: false. */
  readonly upgrades?: boolean;
  /** The port. Default: one that the system chooses. */
  readonly port?: number;
}

/** A server with TLS that plays an instance, by HTTP/1.1 and HTTP/2, and answers with the name of the client. */
export interface SecureInstance {
  readonly port: number;
  /** What it has received of requests: method and path. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Starts one. It answers each request with the client's certificate and the SNI, as `CN SNI`, and upgrades to WebSocket. */
export async function secureInstance(
  { pem }: Pick<IssuedCertificate, 'pem'>,
  { clientCa, upgrades = false, port = 0 }: SecureInstanceOptions = {},
): Promise<SecureInstance> {
  const requests: string[] = [];
  const sockets = new Set<TLSSocket>();
  const options = { ...pem, ...(clientCa !== undefined && { ca: clientCa, requestCert: true }) };
  const respond = (
    { method, url, socket }: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void => {
    requests.push(`${method} ${url}`);
    response.end(whoAsks(socket as TLSSocket));
  };
  const server = upgrades
    ? createServer(options, respond)
    : createSecureServer({ ...options, allowHTTP1: true }, respond);
  server.on('upgrade', ({ url }: IncomingMessage, socket: TLSSocket) => {
    requests.push(`upgrade ${url}`);
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    socket.end(whoAsks(socket));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function whoAsks(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string } };
  return `${subject?.CN ?? '-'} ${String(socket.servername)}`;
}
