import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Limits } from '../limits.ts';
import { Certificates, MIN_VERSION, secureContext, SESSION_CONTEXT } from './certificates.ts';
import type { Certificate, TlsSettings } from './certificates.ts';
import { ACME_PROTOCOL, offersAcme, peekHello } from './tls-challenge.ts';

/** Makes accepted connections secure, and passes them on. */
export interface TlsFront {
  accept(raw: Socket): void;
  /** Closes connections whose handshake takes too long. @param now by the clock */
  check(now: number): void;
  /**
   * Speaks TLS by these settings to clients that connect from now on. Open connections stay.
   * @throws ProxyError ERR_PROXY_CERTIFICATE; the previous settings then stay
   */
  renew(settings: TlsSettings): void;
  /** Closes connections whose handshake is not complete. */
  close(): void;
}

/**
 * Checks that certificates can be used: before they are configured, for example.
 * @throws ProxyError ERR_PROXY_CERTIFICATE if one cannot be read, or does not belong to its key
 */
export function checkTls(settings: TlsSettings): void {
  secureContext(settings.certificate, settings.clientCa);
  void new Certificates(settings);
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
 * @param settings that `checkTls` accepts
 * @param serve gets the secure connection, and the one that carries it
 */
export function createTlsFront(
  settings: TlsSettings,
  { limits, clock }: HandshakeTime,
  serve: (socket: TLSSocket, raw: Socket) => void,
): TlsFront {
  const agreeing = new Map<string, Handshake>();
  let certificates = new Certificates(settings);
  let challenges = settings.challenges ?? NO_CHALLENGES;
  // They never listen: connections are counted and refused before their handshake costs anything.
  const server = createServer({
    ...contextOptions(settings),
    // With nothing in common, the handshake fails (RFC 7301 §3.2).
    ALPNProtocols: ['h2', 'http/1.1'],
    SNICallback: (name, done) => done(null, certificates.find(name)),
    requestCert: settings.clientCa !== undefined,
    // Whether a certificate is needed is for the filters of a route to say.
    rejectUnauthorized: false,
    handshakeTimeout: NO_TIMEOUT_MS,
  });
  const challenged = createServer({
    ALPNProtocols: [ACME_PROTOCOL],
    SNICallback: (name, done) => done(null, challengeFor(name)),
    handshakeTimeout: NO_TIMEOUT_MS,
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  challenged.on('tlsClientError', (_error, socket) => socket.destroy());
  // The handshake was the answer (RFC 8737 §3).
  challenged.on('secureConnection', (socket) => socket.end());
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

  function challengeFor(name: string): ReturnType<typeof secureContext> | undefined {
    const certificate = challenges.get(name.toLowerCase());
    return certificate && secureContext(certificate, undefined);
  }

  return {
    accept(raw) {
      const peer = peerOf(raw);
      agreeing.set(peer, { raw, deadline: clock.after(limits.headMs) });
      raw.once('close', () => {
        if (agreeing.get(peer)?.raw === raw) agreeing.delete(peer);
      });
      if (challenges.size === 0) server.emit('connection', raw);
      else
        peekHello(raw, (hello) => {
          (offersAcme(hello) ? challenged : server).emit('connection', raw);
        });
    },
    check(now) {
      for (const { raw, deadline } of agreeing.values()) if (now >= deadline) raw.destroy();
    },
    renew(renewed) {
      checkTls(renewed);
      certificates = new Certificates(renewed);
      challenges = renewed.challenges ?? NO_CHALLENGES;
      server.setSecureContext(contextOptions(renewed));
    },
    close() {
      for (const { raw } of agreeing.values()) raw.destroy();
    },
  };
}

const NO_CHALLENGES: ReadonlyMap<string, Certificate> = new Map();

/** What a handshake uses unless a certificate of its own has the name. */
function contextOptions({ certificate, clientCa, ticketKeys }: TlsSettings): TlsOptions {
  return {
    ...certificate,
    minVersion: MIN_VERSION,
    sessionIdContext: SESSION_CONTEXT,
    ...(clientCa !== undefined && { ca: clientCa }),
    ...(ticketKeys !== undefined && { ticketKeys: keysFor(ticketKeys, clientCa) }),
  };
}

/** A resumed session proves what the first handshake did, so another CA of clients ends all sessions. */
function keysFor(ticketKeys: Uint8Array, clientCa = ''): Buffer {
  // As long as Node wants the keys: 48 bytes.
  return createHash('sha384').update(ticketKeys).update(clientCa).digest();
}

/** Two open connections to one port never share it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
