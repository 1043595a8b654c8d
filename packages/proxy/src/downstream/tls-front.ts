import type { Socket } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { ProxyError } from '../errors.ts';
import type { Limits } from '../limits.ts';

/** A certificate and its key, as PEM. */
export interface Certificate {
  /** The certificate chain. */
  readonly cert: string | Buffer;
  /** Its private key. */
  readonly key: string | Buffer;
}

/** Makes accepted connections secure, and passes them on. */
export interface TlsFront {
  accept(raw: Socket): void;
  /** Closes connections whose handshake takes too long. @param now by the clock */
  check(now: number): void;
  /** Shows this certificate to clients that connect from now on. Open connections stay. */
  renew(certificate: Certificate): void;
  /** Closes connections whose handshake is not complete. */
  close(): void;
}

/**
 * Checks that a certificate can be used: before it is configured, for example.
 * @throws ProxyError ERR_PROXY_CERTIFICATE if it cannot be read, or does not belong to the key
 */
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

/** How long a handshake may take. Read anew for each. */
export interface HandshakeTime {
  readonly limits: Pick<Limits, 'headMs'>;
  readonly clock: Clock;
}

interface Handshake {
  readonly raw: Socket;
  readonly deadline: number;
}

/** What Node is given as its limit: none, because the proxy has its own, which can change. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Creates a front for TLS.
 * @param certificate that `checkCertificate` accepts
 * @param serve gets the secure connection, and the one that carries it
 */
export function createTlsFront(
  certificate: Certificate,
  { limits, clock }: HandshakeTime,
  serve: (socket: TLSSocket, raw: Socket) => void,
): TlsFront {
  const agreeing = new Map<string, Handshake>();
  // It never listens: connections are counted and refused before their handshake costs anything.
  const server = createServer({
    ...certificate,
    // With nothing in common, the handshake fails (RFC 7301 §3.2).
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: NO_TIMEOUT_MS,
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    const peer = peerOf(socket);
    const handshake = agreeing.get(peer);
    if (handshake === undefined) {
      // It has closed meanwhile.
      socket.destroy();
      return;
    }
    agreeing.delete(peer);
    // Not before: see where the proxy listens.
    socket.allowHalfOpen = true;
    serve(socket, handshake.raw);
  });
  return {
    accept(raw) {
      const peer = peerOf(raw);
      agreeing.set(peer, { raw, deadline: clock.after(limits.headMs) });
      raw.once('close', () => {
        if (agreeing.get(peer)?.raw === raw) agreeing.delete(peer);
      });
      server.emit('connection', raw);
    },
    check(now) {
      for (const { raw, deadline } of agreeing.values()) if (now >= deadline) raw.destroy();
    },
    renew(renewed) {
      checkCertificate(renewed);
      server.setSecureContext(renewed);
    },
    close() {
      for (const { raw } of agreeing.values()) raw.destroy();
    },
  };
}

/** Two open connections to one port never share it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
