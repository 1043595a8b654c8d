import type { IncomingMessage, ServerResponse } from 'node:http';
import { quote } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import { limitLines } from '@rollcall/runtime';
import type { LogFields, Logger } from '@rollcall/runtime';
import type { AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { after } from '../app/maybe-promise.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import { UnavailableError } from '../app/unavailable-error.ts';
import { authenticate, checkBody, readQuery } from './authenticate.ts';
import { HttpError } from './http-error.ts';
import { BodyReader } from './body-reader.ts';
import { parseTarget, pathBelow } from './request-target.ts';
import { matchRoute } from './routes.ts';

/** Room for a batch of ten events with 10 KB of data each, every character escaped as \uXXXX. */
export const MAX_BODY_BYTES = 1_048_576;

/** A request with its whole body. */
export interface WholeRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly body: Buffer;
}

/** A response in JSON. */
export interface ApiResponse {
  readonly status: number;
  readonly text: string;
  /** Value of `Retry-After`, in seconds. */
  readonly retryAfter?: number;
}

export interface HttpApiOptions {
  readonly logger: Logger;
  /** Path that all paths may be below; `''` for none. */
  readonly basePath: string;
  readonly host: Pick<AppHost, 'unreadiness'>;
}

/** The signed HTTP API of a broker. */
export class HttpApi {
  readonly #apps: Apps;
  readonly #host: Pick<AppHost, 'unreadiness'>;
  readonly #basePath: string;
  readonly #bodies = new BodyReader(MAX_BODY_BYTES);
  readonly #logger: Logger;
  readonly #logRefused: (fields: LogFields, message: string) => void;

  constructor(apps: Apps, { logger, basePath, host }: HttpApiOptions) {
    this.#apps = apps;
    this.#host = host;
    this.#basePath = basePath;
    this.#logger = logger;
    this.#logRefused = limitLines(logger.warn);
  }

  /** Serves a request of node:http. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url, headers } = request;
    try {
      const serve = this.#admit(method, url, headers.origin);
      // Only now: nothing is kept of a body whose request is not signed.
      const body = method === 'POST' ? await this.#bodies.read(request) : Buffer.alloc(0);
      send(response, success(await serve(body)));
    } catch (error) {
      send(response, this.#refuse(error, method, url));
    }
  }

  /** Serves a request that is there with its body. Never throws or rejects. */
  respond({ method, target, body }: WholeRequest): MaybePromise<ApiResponse> {
    const refuse = (error: unknown): ApiResponse => this.#refuse(error, method, target);
    try {
      const response = after(this.#admit(method, target)(body), success);
      return response instanceof Promise ? response.catch(refuse) : response;
    } catch (error) {
      return refuse(error);
    }
  }

  /** Returns what serves the body of a request that is allowed. @throws {@link HttpError} */
  #admit(method: string, url?: string, origin?: string): Serve {
    const { path: fullPath, query: parameters } = parseTarget(url);
    const path = pathBelow(this.#basePath, fullPath);
    if (path === '/up' && method !== 'POST') return () => ({ up: true });
    if (path === '/ready' && method !== 'POST') return () => this.#readiness();

    const { endpoint, appId, subject } = matchRoute(method, path);
    // Any page in a developer's browser can send requests to loopback, and sign them with the development credentials,
    // which are public. Browsers always send Origin, servers never do.
    if (origin !== undefined) {
      throw new HttpError(
        403,
        'this API is for servers; a browser would need the secret to use it',
      );
    }
    const query = readQuery(parameters);
    // Some SDKs sign the base path, and others add it to what they have signed.
    const paths = this.#basePath === '' ? [path] : [path, this.#basePath + path];
    const app = authenticate(this.#apps, appId, { method, paths, query }, Date.now());
    return (body) => {
      checkBody(body, query);
      return endpoint({ app, subject, query, body: readJson(body.toString()) });
    };
  }

  #readiness(): Record<string, unknown> {
    const { unreadiness } = this.#host;
    if (unreadiness === undefined) return { ready: true };
    throw new HttpError(503, unreadiness);
  }

  #refuse(error: unknown, method: string, url?: string): ApiResponse {
    // Without the query: a signed URL can be used by anyone for ten minutes.
    const target = `${method} ${quote(parseTarget(url).path)}`;
    if (error instanceof HttpError) {
      this.#logRefused({ target, status: error.status, reason: error.message }, 'refused request');
      return failure(error.status, error.message);
    }
    if (error instanceof UnavailableError) {
      this.#logRefused({ target, status: 503, reason: error.message }, 'refused request');
      return { ...failure(503, error.message), retryAfter: 1 };
    }
    this.#logger.error({ target, err: error }, 'request failed');
    return failure(500, 'internal error of the broker');
  }
}

type Serve = (body: Buffer) => MaybePromise<Record<string, unknown>>;

function success(body: Record<string, unknown>): ApiResponse {
  return { status: 200, text: JSON.stringify(body) };
}

function failure(status: number, message: string): ApiResponse {
  return { status, text: JSON.stringify({ error: message }) };
}

function send(response: ServerResponse, { status, text, retryAfter }: ApiResponse): void {
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
