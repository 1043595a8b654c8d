import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { isLoopback } from '@rollcall/protocol';
import { listen, listenError } from '@rollcall/runtime';
import { MAX_QUERY_BYTES, respond } from './respond.ts';
import { Zone } from './zone.ts';
import type { ZoneOptions } from './zone.ts';
import { limitSideConnections } from '../../side-connections.ts';

export interface DnsServerOptions extends ZoneOptions {
  readonly host: string;
  /** For UDP and TCP; 0 lets the system choose. */
  readonly port: number;
}

export interface DnsServer {
  readonly host: string;
  readonly port: number;
  close(): void;
}

/** Datagrams of this size are not fragmented on any network (dnsflagday.net, 2020), nor on loopback the larger ones. */
const NETWORK_UDP_BYTES = 1232;
const LOOPBACK_UDP_BYTES = 8192;
const MAX_CONNECTIONS = 128;
/** Time from one query to the end of the next: RFC 7766 §6.2.3 suggests a few seconds. */
const QUERY_WITHIN_MS = 10_000;
/** Unsent bytes after which a client that does not read is disconnected. */
const MAX_UNREAD_BYTES = 1_048_576;
const FLAG = '--dns-port';

/**
 * Starts a DNS server for the zone of the catalog and no other.
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function createDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { host } = options;
  const zone = new Zone(options);
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, zone);
  });
  limitSideConnections(tcp, MAX_CONNECTIONS);
  const { port } = await listen(tcp, host, options.port, FLAG);
  const maxUdpBytes = isLoopback(host) ? LOOPBACK_UDP_BYTES : NETWORK_UDP_BYTES;
  try {
    const udp = await bound(createSocket(host.includes(':') ? 'udp6' : 'udp4'), host, port);
    udp.on('message', (message, from) => {
      const answer = respond(message, zone, { maxUdpBytes });
      // A client that cannot be reached is not an error of the server.
      if (answer !== undefined) udp.send(answer, from.port, from.address, () => {});
    });
    udp.on('error', () => {});
    return {
      host,
      port,
      close() {
        udp.close();
        tcp.close();
        for (const socket of connections) socket.destroy();
      },
    };
  } catch (error) {
    tcp.close();
    throw error;
  }
}

function bound(socket: UdpSocket, host: string, port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(listenError(error, host, port, FLAG));
    };
    socket.once('error', onError);
    socket.bind(port, host, () => {
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

/** Reads messages that are each preceded by their length in two bytes (RFC 1035 §4.2.2). */
function serveConnection(socket: Socket, zone: Zone): void {
  const end = (): unknown => socket.destroy();
  let deadline = setTimeout(end, QUERY_WITHIN_MS);
  let unread = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 2) {
      const length = unread.readUInt16BE(0);
      if (length > MAX_QUERY_BYTES || socket.writableLength > MAX_UNREAD_BYTES) return end();
      if (unread.length < 2 + length) return;
      const answer = respond(unread.subarray(2, 2 + length), zone, 'tcp');
      if (answer === undefined) return end();
      unread = unread.subarray(2 + length);
      socket.write(withLength(answer));
      clearTimeout(deadline);
      deadline = setTimeout(end, QUERY_WITHIN_MS);
    }
  });
  socket.on('error', () => {});
  socket.once('close', () => clearTimeout(deadline));
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
