import type { IncomingMessage, ServerResponse } from 'node:http';
import { quote } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import type { Apps } from '../apps.ts';
import { parseTarget } from '../target.ts';
import { authenticate, checkBody, readQuery } from './authenticate.ts';
import { HttpError } from './http-error.ts';
import { readBody } from './read-body.ts';
import { matchRoute } from './routes.ts';

/** Room for a batch of ten events with 10 KB of data each, every character escaped as \uXXXX. */
export const MAX_BODY_BYTES = 1_048_576;

/** The HTTP side of a broker. */
export class HttpApi {
  readonly #apps: Apps;
  readonly #log: (line: string) => void;

  constructor(apps: Apps, log: (line: string) => void) {
    this.#apps = apps;
    this.#log = log;
  }

  /** Answers a request, whatever it is. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      reply(response, 200, await this.#answer(request));
    } catch (error) {
      const { status, message } = this.#asHttpError(error, request);
      reply(response, status, { error: message });
    }
  }

  async #answer(request: IncomingMessage): Promise<Record<string, unknown>> {
    const { method = 'GET' } = request;
    const { path, query: parameters } = parseTarget(request.url);
    if (path === '/up') return { up: true };

    const { endpoint, appId, subject } = matchRoute(method, path);
    // Every page that a developer looks at can send requests to their loopback, and sign them too:
    // the development credentials are public. Browsers always say so, servers never do.
    if (request.headers.origin !== undefined) {
      throw new HttpError(
        403,
        'this API is for servers; a browser would need the secret to use it',
      );
    }
    const query = readQuery(parameters);
    const app = authenticate(this.#apps, appId, { method, path, query }, Date.now());
    // Only now: of a stranger's body not one byte is kept.
    const body = method === 'POST' ? await readBody(request, MAX_BODY_BYTES) : Buffer.alloc(0);
    checkBody(body, query);
    return endpoint({ app, subject, query, body: readJson(body.toString()) });
  }

  #asHttpError(error: unknown, { method, url }: IncomingMessage): HttpError {
    // Not the query: a signed URL is good for ten minutes to whoever reads it.
    const target = `${method} ${quote(parseTarget(url).path)}`;
    if (error instanceof HttpError) {
      this.#log(`refused ${target}: ${error.status} ${error.message}`);
      return error;
    }
    this.#log(`failed ${target}: ${String(error)}`);
    return new HttpError(500, 'the broker failed; its log says why');
  }
}

function reply(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
