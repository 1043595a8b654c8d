import { createServer } from 'node:http';
import { isLoopback } from '@rollcall/protocol';
import { listenOn } from '../proxy/listen.ts';
import type { Explanation } from './explain.ts';

export interface AdminOptions {
  readonly explain: (path: string) => Explanation;
}

export interface Admin {
  readonly host: string;
  readonly port: number;
  close(): void;
}

/**
 * What is to be known of a gateway, on a port of its own.
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function createAdmin(
  { explain }: AdminOptions,
  host: string,
  port: number,
): Promise<Admin> {
  const server = createServer((request, response) => {
    const query = /^\/explain\?path=([^&]*)$/.exec(request.url ?? '')?.[1];
    const path = query === undefined ? undefined : decoded(query);
    // A page in a browser of this machine must not read it by a name that it had resolve to loopback.
    const isFromHere = isLoopback((request.headers.host ?? '').replace(/:[0-9]*$/, ''));
    if (request.method !== 'GET' || path === undefined || !isFromHere) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('GET /explain?path=/v1\n');
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(explain(path)));
  });
  const listening = await listenOn(server, port, host, '--admin-port');
  return {
    ...listening,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
