import type { IncomingMessage, ServerResponse } from 'node:http';
import { quote } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import { withIsoTimes } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import {
  accessRefusal,
  bearerToken,
  challengeOf,
  describeMissingScope,
  isReading,
  namesLoopback,
  SECURITY_HEADERS,
} from '@rollcall/runtime/admin';
import type { AccessRefusal, AdminTokens, Caller, StaticFile } from '@rollcall/runtime/admin';
import { BodyReader } from '../api/body-reader.ts';
import { HttpError } from '../api/http-error.ts';
import { MAX_BODY_BYTES } from '../api/http-api.ts';
import { parseTarget } from '../api/request-target.ts';
import { parseTrigger } from '../api/trigger.ts';
import type { App, AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { UnavailableError } from '../app/unavailable-error.ts';
import { BROKER_EVENT_TYPES } from '../event-log/broker-event.ts';
import type { EventFilter } from '../event-log/event-watch.ts';
import type { BrokerScope } from '../settings/admin.ts';
import { channelsOf, connectionsOf, membersOf } from './app-views.ts';
import type { ConnectionView } from './app-views.ts';
import { EventStreams, MAX_EVENT_STREAMS } from './event-stream.ts';
import { AdminProblem, BROKER_ADMIN_PROBLEMS } from './problem.ts';
import { statusOf } from './status.ts';

export interface AdminApiOptions {
  readonly apps: Apps;
  readonly host: AppHost;
  readonly connectionsOf: (app: App) => Iterable<ConnectionView>;
  /** It listens on loopback. */
  readonly isLocal: boolean;
  readonly tokens: AdminTokens<BrokerScope>;
  /** Of the dashboard. They are served without the token. */
  readonly files: readonly StaticFile[];
  readonly logger: Logger;
}

interface AdminRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The parts of the path that name something, decoded. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  readonly caller: Caller<BrokerScope>;
}

/** Returns the body of a 200; `undefined` if it has responded itself. */
type Endpoint = (request: AdminRequest) => Promise<object | undefined> | object | undefined;

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly endpoint: Endpoint;
}

/** The operations of the admin API. docs/reference/broker-openapi.yaml describes each. */
export const BROKER_ADMIN_OPERATIONS = {
  status: 'GET /api/status',
  connections: 'GET /api/apps/{id}/connections',
  channels: 'GET /api/apps/{id}/channels',
  members: 'GET /api/apps/{id}/channels/{channel}/members',
  watch: 'GET /api/apps/{id}/events',
  publish: 'POST /api/apps/{id}/events',
} as const;

type Operation = keyof typeof BROKER_ADMIN_OPERATIONS;

function routesOf(endpoints: Readonly<Record<Operation, Endpoint>>): Route[] {
  return Object.entries(BROKER_ADMIN_OPERATIONS).map(([name, operation]) => {
    const [method = '', path = ''] = operation.split(' ');
    const pattern = path.replaceAll(/\{\w+\}/g, '([^/]+)');
    return { method, path: new RegExp(`^${pattern}$`), endpoint: endpoints[name as Operation] };
  });
}

/** The admin API of a broker: what it holds and what happens, for operators. docs/reference/broker-openapi.yaml describes it. */
export class AdminApi {
  readonly #options: AdminApiOptions;
  readonly #streams = new EventStreams();
  readonly #bodies = new BodyReader(MAX_BODY_BYTES);
  readonly #routes: readonly Route[];

  constructor(options: AdminApiOptions) {
    this.#options = options;
    const { apps, host, tokens } = options;
    const status: Endpoint = ({ caller }) =>
      statusOf({ apps, host, hasToken: !tokens.isEmpty, caller });
    const connections: Endpoint = ({ names, query }) => {
      const app = this.#appNamed(names);
      return connectionsOf(options.connectionsOf(app), query.get('text') ?? '');
    };
    const channels: Endpoint = ({ names, query }) =>
      channelsOf(this.#appNamed(names), query.get('text') ?? '');
    const members: Endpoint = ({ names }) => membersOf(this.#appNamed(names), names[1] ?? '');
    this.#routes = routesOf({
      status,
      connections,
      channels,
      members,
      watch: (request) => this.#watch(request),
      publish: (request) => this.#publish(request),
    });
  }

  /** Serves a request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#checkHost(request);
      if (this.#sendFile(request, response)) return;
      const caller = this.#identify(request);
      const { route, names, query } = this.#match(request);
      this.#checkAccess(request, caller, route.method === 'GET' ? 'read' : 'publish');
      const body = await route.endpoint({ request, response, names, query, caller });
      if (body !== undefined) send(response, 200, 'application/json', withIsoTimes(body));
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  /** Ends the streams of events. */
  close(): void {
    this.#streams.close();
  }

  #checkHost({ headers }: IncomingMessage): void {
    if (this.#options.isLocal && !namesLoopback(headers.host))
      throw new AdminProblem('wrong-host', 'Use localhost, 127.0.0.1 or [::1].');
  }

  /** Finds out who sends a request, and refuses it if no scope would allow it. */
  #identify(request: IncomingMessage): Caller<BrokerScope> {
    const given = bearerToken(request.headers.authorization);
    const caller = this.#options.tokens.identify(given);
    this.#checkAccess(request, caller);
    return caller;
  }

  #checkAccess(
    { method = 'GET' }: IncomingMessage,
    caller: Caller<BrokerScope>,
    scope?: BrokerScope,
  ): void {
    const { isLocal, tokens } = this.#options;
    // Unlike at a gateway, what is read are the users of others and what they write.
    const isOpen = isLocal && tokens.isEmpty && isReading(method);
    const refusal = accessRefusal(caller, { ...(scope && { scope }), isOpen, tokens });
    if (refusal === undefined) return;
    throw new AdminProblem(refusal, detailOf(refusal, caller, scope), challengeOf(refusal, scope));
  }

  /** Returns whether the request is for a file of the dashboard. */
  #sendFile({ method, url, headers }: IncomingMessage, response: ServerResponse): boolean {
    const { path } = parseTarget(url);
    const file = this.#options.files.find((each) => each.path === path);
    if (file === undefined || method !== 'GET') return false;
    const sent = file.respond({
      ifNoneMatch: headers['if-none-match'],
      acceptEncoding: headers['accept-encoding'],
    });
    response.writeHead(sent.body === null ? 304 : 200, { ...SECURITY_HEADERS, ...sent.headers });
    response.end(sent.body ?? undefined);
    return true;
  }

  #match({ method, url }: IncomingMessage) {
    const { path, query } = parseTarget(url);
    const routes = this.#routes.filter((each) => each.path.test(path));
    const route = routes.find((each) => each.method === method);
    if (route !== undefined) {
      const [, ...names] = route.path.exec(path) ?? [];
      return { route, names: names.map(decode), query: new URLSearchParams(query) };
    }
    if (routes.length === 0)
      throw new AdminProblem('unknown-path', 'docs/reference/broker-openapi.yaml lists all paths.');
    const allow = routes.map((each) => each.method).join(', ');
    throw new AdminProblem('unknown-method', `Allowed methods: ${allow}.`, { allow });
  }

  #appNamed([appId = '']: readonly string[]): App {
    const app = this.#options.apps.byId(appId);
    if (app !== undefined) return app;
    throw new AdminProblem('unknown-app', `No app has the id ${quote(appId)}.`);
  }

  #watch({ response, names, query, caller }: AdminRequest): undefined {
    const app = this.#appNamed(names);
    const filter = readFilter(query);
    if (!this.#streams.hasRoom)
      throw new AdminProblem(
        'too-many-listeners',
        `${MAX_EVENT_STREAMS} clients already listen. Try again later.`,
      );
    this.#streams.open(response, app.counters.log, filter, (end) =>
      this.#options.tokens.hold(caller, end),
    );
  }

  async #publish({ request, names }: AdminRequest): Promise<object> {
    const app = this.#appNamed(names);
    const body = await this.#bodies.read(request);
    const { publication } = parseTrigger(readJson(body.toString()));
    await app.publish([publication]);
    return {};
  }

  #refuse(response: ServerResponse, error: unknown): void {
    const problem = problemOf(error);
    if (problem.code === 'internal')
      this.#options.logger.error({ err: error }, 'request of the admin API failed');
    const { status, title } = BROKER_ADMIN_PROBLEMS[problem.code];
    const body = { title, status, code: problem.code, detail: problem.message };
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    send(response, status, 'application/problem+json', body);
  }
}

function detailOf(refusal: AccessRefusal, caller: Caller, scope = ''): string {
  if (refusal === 'missing-scope') return describeMissingScope(caller, scope);
  if (refusal === 'token-needed') return 'Send it as "Authorization: Bearer TOKEN".';
  return 'Start the broker with ROLLCALL_BROKER_ADMIN_TOKEN or --admin-token-file, or set adminTokens.';
}

function problemOf(error: unknown): AdminProblem {
  if (error instanceof AdminProblem) return error;
  if (error instanceof HttpError) return new AdminProblem('bad-request', `${error.message}.`);
  if (error instanceof UnavailableError) return new AdminProblem('unavailable', error.message);
  return new AdminProblem('internal', 'See the log.');
}

function readFilter(query: URLSearchParams): EventFilter {
  const text = query.get('text') || undefined;
  const given = query.get('types');
  if (given === null) return { text };
  const names = new Set(given.split(','));
  const types = new Set(BROKER_EVENT_TYPES.filter((type) => names.delete(type)));
  if (names.size === 0) return { text, types };
  throw new AdminProblem('bad-request', `types must be of ${BROKER_EVENT_TYPES.join(', ')}.`);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new AdminProblem('bad-request', 'The path is not properly escaped.');
  }
}

function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'content-type': type,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
