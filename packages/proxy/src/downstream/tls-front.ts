import type { Socket } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { ProxyError } from '../errors.ts';

/** PEM: the certificate with those that lead to its root, and its key. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Makes accepted connections secure, and hands them on. */
export interface TlsFront {
  accept(raw: Socket): void;
  /** Who connects from now on sees this one. Those that are connected stay. */
  renew(certificate: Certificate): void;
  /** Closes what has not agreed on a secret yet. */
  close(): void;
}

/** @throws ProxyError ERR_PROXY_CERTIFICATE */
export function checkCertificate(certificate: Certificate): void {
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new ProxyError(
      'ERR_PROXY_CERTIFICATE',
      `the TLS certificate and key cannot be used (${reasonOf(error)}); both must be PEM, and belong together`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'not readable';
}

/**
 * @param handshakeMs for a client to agree on a secret
 * @param serve gets the secure connection, and the one that carries it
 * @throws ProxyError ERR_PROXY_CERTIFICATE
 */
export function createTlsFront(
  certificate: Certificate,
  handshakeMs: number,
  serve: (socket: TLSSocket, raw: Socket) => void,
): TlsFront {
  checkCertificate(certificate);
  const agreeing = new Map<string, Socket>();
  // It never listens: connections are counted and refused before their handshake costs anything.
  const server = createServer({
    ...certificate,
    // With nothing in common, the handshake fails (RFC 7301 §3.2): nobody talks HTTP/2 past this.
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: handshakeMs,
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    const place = placeOf(socket);
    const raw = agreeing.get(place);
    if (raw === undefined) {
      // It has closed meanwhile.
      socket.destroy();
      return;
    }
    agreeing.delete(place);
    // Not before: see where the engine listens.
    socket.allowHalfOpen = true;
    serve(socket, raw);
  });
  return {
    accept(raw) {
      const place = placeOf(raw);
      agreeing.set(place, raw);
      raw.once('close', () => {
        if (agreeing.get(place) === raw) agreeing.delete(place);
      });
      server.emit('connection', raw);
    },
    renew(renewed) {
      checkCertificate(renewed);
      server.setSecureContext(renewed);
    },
    close() {
      for (const raw of agreeing.values()) raw.destroy();
    },
  };
}

/** No two connections to one port are of one place. */
function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
