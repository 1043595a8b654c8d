import type { IncomingMessage, ServerResponse } from 'node:http';
import { withIsoTimes } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import {
  accessRefusal,
  bearerToken,
  namesLoopback,
  SECURITY_HEADERS,
} from '@rollcall/runtime/admin';
import type { AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { parseTarget } from '../api/request-target.ts';
import { AdminProblem, BROKER_ADMIN_PROBLEMS } from './problem.ts';
import { statusOf } from './status.ts';

export interface AdminApiOptions {
  readonly apps: Apps;
  readonly host: AppHost;
  /** It listens on loopback. */
  readonly isLocal: boolean;
  readonly token: string | undefined;
  readonly logger: Logger;
}

/** Returns the body of a 200. */
type Endpoint = () => Promise<object> | object;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly endpoint: Endpoint;
}

/** The admin API of a broker: what it holds, for operators. docs/reference/broker.md describes it. */
export class AdminApi {
  readonly #options: AdminApiOptions;
  readonly #routes: readonly Route[];

  constructor(options: AdminApiOptions) {
    this.#options = options;
    const { apps, host, token } = options;
    this.#routes = [
      {
        method: 'GET',
        path: /^\/api\/status$/,
        endpoint: () => statusOf({ apps, host, hasToken: token !== undefined }),
      },
    ];
  }

  /** Serves a request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#admit(request);
      const body = await this.#routeOf(request).endpoint();
      send(response, 200, 'application/json', withIsoTimes(body));
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  /** @throws {@link AdminProblem} */
  #admit({ method = 'GET', headers }: IncomingMessage): void {
    const { isLocal, token } = this.#options;
    if (isLocal && !namesLoopback(headers.host))
      throw new AdminProblem('wrong-host', 'Use localhost, 127.0.0.1 or [::1].');
    // Unlike at a gateway, what is read are the users of others and what they write.
    const isReadable = isLocal && token === undefined;
    const refusal = accessRefusal(method, bearerToken(headers.authorization), {
      token,
      isReadable,
    });
    if (refusal === 'no-token-set')
      throw new AdminProblem(
        refusal,
        'Start the broker with ROLLCALL_BROKER_ADMIN_TOKEN or --admin-token-file.',
      );
    if (refusal === 'token-needed')
      throw new AdminProblem(refusal, 'Send it as "Authorization: Bearer TOKEN".', {
        'www-authenticate': 'Bearer realm="rollcall"',
      });
  }

  #routeOf({ method, url }: IncomingMessage): Route {
    const { path } = parseTarget(url);
    const routes = this.#routes.filter((route) => route.path.test(path));
    const route = routes.find((each) => each.method === method);
    if (route !== undefined) return route;
    if (routes.length === 0)
      throw new AdminProblem('unknown-path', 'docs/reference/broker.md lists all paths.');
    const allow = routes.map((each) => each.method).join(', ');
    throw new AdminProblem('unknown-method', `Allowed methods: ${allow}.`, { allow });
  }

  #refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof AdminProblem))
      this.#options.logger.error({ err: error }, 'request of the admin API failed');
    const problem =
      error instanceof AdminProblem ? error : new AdminProblem('internal', 'See the log.');
    const { status, title } = BROKER_ADMIN_PROBLEMS[problem.code];
    const body = { title, status, code: problem.code, detail: problem.message };
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    send(response, status, 'application/problem+json', body);
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
