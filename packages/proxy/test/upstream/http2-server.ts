import { createSecureServer, createServer } from 'node:http2';
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream, Settings } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ONE } from '../../../../test/support/certificates.ts';
import type { Upstream } from '../../src/proxy.ts';
import { afterwards, trusting } from '../harness.ts';

export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface Http2Upstream {
  readonly there: Upstream;
  readonly server: Http2Server;
  /** Every session that was opened to it. */
  readonly sessions: readonly ServerHttp2Session[];
}

/** An upstream of `node:http2`. */
export async function http2Upstream(
  onStream: OnStream,
  { settings = {}, isSecure = false }: { settings?: Settings; isSecure?: boolean } = {},
): Promise<Http2Upstream> {
  const server = isSecure ? createSecureServer({ ...ONE, settings }) : createServer({ settings });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const tls = isSecure ? { tls: trusting(ONE.cert) } : {};
  const there = { key: String(port), address: '127.0.0.1', port, isHttp2: true, ...tls };
  return { there, server, sessions };
}
