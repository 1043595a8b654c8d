import type { IncomingMessage, ServerResponse } from 'node:http';
import { quote } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import type { Logger } from '@rollcall/runtime';
import type { Apps } from '../app/apps.ts';
import { parseTarget } from './request-target.ts';
import { authenticate, checkBody, readQuery } from './authenticate.ts';
import { HttpError } from './http-error.ts';
import type { PlainRequest } from '../server/plain-request.ts';
import { readBody } from './read-body.ts';
import { matchRoute } from './routes.ts';

/** Room for a batch of ten events with 10 KB of data each, every character escaped as \uXXXX. */
export const MAX_BODY_BYTES = 1_048_576;

/** JSON, with a status. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The HTTP side of a broker. */
export class HttpApi {
  readonly #apps: Apps;
  readonly #logger: Logger;

  constructor(apps: Apps, logger: Logger) {
    this.#apps = apps;
    this.#logger = logger;
  }

  /** Answers a request, whatever it is. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url, headers } = request;
    try {
      const serve = this.#admit(method, url, headers.origin);
      // Only now: of a stranger's body not one byte is kept.
      const body = method === 'POST' ? await readBody(request, MAX_BODY_BYTES) : Buffer.alloc(0);
      reply(response, okay(serve(body)));
    } catch (error) {
      reply(response, this.#refuse(error, method, url));
    }
  }

  /** Answers a request that is there with its body. Never throws. */
  answer({ method, target, body }: PlainRequest): Answer {
    try {
      return okay(this.#admit(method, target)(body));
    } catch (error) {
      return this.#refuse(error, method, target);
    }
  }

  /** What there is to do with the body of a request that may be served. @throws {@link HttpError} */
  #admit(method: string, url?: string, origin?: string): Serve {
    const { path, query: parameters } = parseTarget(url);
    if (path === '/up' && method !== 'POST') return () => ({ up: true });

    const { endpoint, appId, subject } = matchRoute(method, path);
    // Every page that a developer looks at can send requests to their loopback, and sign them too:
    // the development credentials are public. Browsers always say so, servers never do.
    if (origin !== undefined) {
      throw new HttpError(
        403,
        'this API is for servers; a browser would need the secret to use it',
      );
    }
    const query = readQuery(parameters);
    const app = authenticate(this.#apps, appId, { method, path, query }, Date.now());
    return (body) => {
      checkBody(body, query);
      return endpoint({ app, subject, query, body: readJson(body.toString()) });
    };
  }

  #refuse(error: unknown, method: string, url?: string): Answer {
    // Not the query: a signed URL is good for ten minutes to whoever reads it.
    const target = `${method} ${quote(parseTarget(url).path)}`;
    if (error instanceof HttpError) {
      this.#logger.warn({ target, status: error.status, reason: error.message }, 'refused request');
      return { status: error.status, text: JSON.stringify({ error: error.message }) };
    }
    this.#logger.error({ target, err: error }, 'request failed');
    return { status: 500, text: '{"error":"the broker failed; its log says why"}' };
  }
}

type Serve = (body: Buffer) => Record<string, unknown>;

function okay(body: Record<string, unknown>): Answer {
  return { status: 200, text: JSON.stringify(body) };
}

function reply(response: ServerResponse, { status, text }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
