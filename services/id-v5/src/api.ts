import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { v5 } from 'uuid';

export interface ApiOptions {
  /** The value of X-Server: which instance answered. */
  readonly serverName: string;
  /** Whether gateways can know of it. */
  readonly isRegistered: () => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MAX_BODY_BYTES = 100_000;
const BROKEN_ID = 'The id is not valid Unicode: it has a surrogate without its other half';
const MISSING_ID = 'Please provide an ID to use to generate your UUID V5';

/** The unique-ID service, version 1: the same input always gives the same UUID. */
export function createApi({ serverName, ...options }: ApiOptions): Server {
  return createServer((request, response) => {
    response.setHeader('X-Server', serverName);
    handle(request, options).then(
      ({ status, body }) => send(response, status, body),
      () => response.destroy(),
    );
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function handle(
  request: IncomingMessage,
  { isRegistered, now }: Pick<ApiOptions, 'isRegistered' | 'now'>,
): Promise<Answer> {
  const [path] = (request.url ?? '/').split('?');
  const route = `${request.method} ${path}`;
  switch (route) {
    case 'GET /':
      return { status: 200, body: { service: 'ID generator' } };
    case 'GET /health':
      return { status: 200, body: { status: 'ok' } };
    // For a rollout: an old instance ends when a new one is in the registry.
    case 'GET /ready':
      return isRegistered()
        ? { status: 200, body: { status: 'ok' } }
        : { status: 503, body: { status: 'not registered yet' } };
    case 'POST /generate':
      return generate(await readBody(request), now);
    default:
      return { status: 404, body: { message: `${route} does not exist` } };
  }
}

function generate(body: string | undefined, now: () => number): Answer {
  if (body === undefined) {
    return { status: 413, body: { message: `The body is over ${MAX_BODY_BYTES} bytes` } };
  }
  const parsed = parseJson(body);
  if (parsed === undefined) return { status: 400, body: { message: 'The body is not JSON' } };
  const id =
    typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : undefined;
  if (typeof id !== 'string' || id === '') return { status: 400, body: { message: MISSING_ID } };
  // A UUID v5 is made of UTF-8, which cannot hold it.
  if (/\p{Surrogate}/u.test(id)) return { status: 400, body: { message: BROKEN_ID } };
  return {
    status: 200,
    body: { id: v5(id, v5.URL), timestamp: now(), message: 'UUID was successfully generated' },
  };
}

/** An empty body counts as an empty object, so that the error is about the missing id, not about JSON. */
function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Nothing if there is more than the service takes. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
