import { Agent, request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';

/** A GET to a service that a filter depends on. */
interface ServiceRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** For the whole of it. */
  readonly timeoutMs: number;
  /** The largest body of the response. */
  readonly maxBytes: number;
}

export interface ServiceResponse {
  readonly status: number;
  /** Each field as it came, except fields of the connection. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/**
 * Sends a request. Redirects are not followed, so that only the configured server is asked.
 * @throws Error if there is no whole response in time, or a larger one
 */
export type SendRequest = (request: ServiceRequest) => Promise<ServiceResponse>;

/** They belong to a connection (RFC 9110 §7.6.1), as do the fields that `Connection` names. */
export const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

class StaleConnection extends Error {}

/** Sends requests over connections that it keeps. */
export class ServiceClient {
  readonly #agents = {
    'http:': new Agent({ keepAlive: true }),
    'https:': new SecureAgent({ keepAlive: true }),
  };

  readonly send: SendRequest = async (request) => {
    try {
      return await this.#send(request);
    } catch (error) {
      // The server has closed a connection that was kept, at the moment when it was used again.
      if (!(error instanceof StaleConnection)) throw error;
      return this.#send(request);
    }
  };

  #send({ url, headers = {}, timeoutMs, maxBytes }: ServiceRequest): Promise<ServiceResponse> {
    return new Promise((resolve, reject) => {
      const { protocol } = new URL(url);
      const isSecure = protocol === 'https:';
      const agent = this.#agents[isSecure ? 'https:' : 'http:'];
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = (isSecure ? requestHttps : requestHttp)(url, { headers, agent, signal });
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection() : error),
      );
      // Without a listener, the connection would be dropped, and nothing would come of the request.
      sent.once('upgrade', (_response, socket) => {
        socket.destroy();
        reject(new Error('the response is 101'));
      });
      sent.once('response', (response) => {
        bodyOf(response, maxBytes).then(
          (body) => resolve({ status: response.statusCode ?? 0, fields: fieldsOf(response), body }),
          (error: unknown) => {
            sent.destroy();
            reject(error as Error);
          },
        );
      });
      sent.end();
    });
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

function fieldsOf({ rawHeaders, headers }: IncomingMessage): (readonly [string, string])[] {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && !dropped.has(name.toLowerCase())
      ? [[name, rawHeaders[index + 1] ?? ''] as const]
      : [],
  );
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
