import type { Socket } from 'node:net';

/** What a validator of TLS-ALPN-01 offers, and nothing else (RFC 8737 §3). */
export const ACME_PROTOCOL = 'acme-tls/1';

const HEADER_BYTES = 5;
const HANDSHAKE = 22;
/** As ALPN has it: behind its length. */
const OFFER = Buffer.from(`${String.fromCharCode(ACME_PROTOCOL.length)}${ACME_PROTOCOL}`, 'latin1');

/** Whether a ClientHello offers the protocol of the challenge. */
export function offersAcme(hello: Buffer): boolean {
  return hello[0] === HANDSHAKE && hello.includes(OFFER);
}

/**
 * Reads the first record of a connection, which is the ClientHello, and puts it back. Node chooses the certificate before
 * it looks at the protocols, so only the bytes show which one is right.
 */
export function peekHello(socket: Socket, seen: (hello: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  const read = (): void => {
    const more = socket.read() as Buffer | null;
    if (more === null) return;
    bytes = Buffer.concat([bytes, more]);
    const isTls = bytes[0] === HANDSHAKE;
    if (
      isTls &&
      (bytes.length < HEADER_BYTES || bytes.length < HEADER_BYTES + bytes.readUInt16BE(3))
    )
      return;
    socket.off('readable', read);
    socket.unshift(bytes);
    seen(bytes);
  };
  socket.on('readable', read);
}
